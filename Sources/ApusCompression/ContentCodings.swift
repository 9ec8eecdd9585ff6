// The codings of the web that a client can undo: gzip, brotli, zstd. A program that wants them names this
// module; the core is built without the three libraries.

public import Apus
private import CApusCompression

extension ContentCoding {
  /// RFC 1952, by zlib. 40 KiB per response.
  public static let gzip = ContentCoding("gzip", aliases: ["x-gzip"]) { LibraryDecoder(APUS_CODING_GZIP) }
  /// RFC 7932, by libbrotlidec. Up to 16 MiB per response, as its window wants.
  public static let brotli = ContentCoding("br") { LibraryDecoder(APUS_CODING_BROTLI) }
  /// RFC 8878, by libzstd. Up to 8 MiB per response: larger windows are refused (RFC 9659).
  public static let zstd = ContentCoding("zstd") { LibraryDecoder(APUS_CODING_ZSTD) }
}

extension [ContentCoding] {
  /// gzip, brotli and zstd.
  ///
  /// ```swift
  /// var configuration = Client.Configuration()
  /// configuration.contentCodings = .common
  /// ```
  public static var common: [ContentCoding] { [.gzip, .brotli, .zstd] }
}

import Apus
import ApusCompression
import Testing

/// The decoders by themselves: every cut, every end, every lie.
struct DecoderTests {
  private static let codings: [ContentCoding] = .common

  /// Decodes `pieces` with an output of `room` bytes at a time.
  private func decode(
    _ pieces: [[UInt8]], _ coding: ContentCoding, room: Int = 1000
  ) throws(ContentDecodingError) -> (bytes: [UInt8], isWhole: Bool) {
    guard let decoder = coding.decoder() else { throw .noMemory }
    var decoded: [UInt8] = []
    for piece in pieces {
      var used = 0
      var isFull = false
      while used < piece.count || (isFull && !decoder.isWhole) {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: room)
        defer { buffer.deallocate() }
        var output = OutputSpan(buffer: buffer, initializedCount: 0)
        used += try decoder.decode(piece.span.extracting(droppingFirst: used), into: &output)
        isFull = output.isFull
        let count = output.finalize(for: buffer)
        decoded += buffer[0..<count]
      }
    }
    return (decoded, decoder.isWhole)
  }

  @Test(arguments: codings) func `content is decoded wherever it is cut`(coding: ContentCoding) throws {
    let encoded = try #require(EncodedContent.texts[coding.name])
    for cut in 0...encoded.count {
      let result = try decode([Array(encoded[..<cut]), Array(encoded[cut...])], coding)
      #expect(result.isWhole && String(decoding: result.bytes, as: UTF8.self) == EncodedContent.text)
    }
  }

  @Test(arguments: codings) func `an output of one byte at a time loses nothing`(coding: ContentCoding) throws
  {
    let result = try decode([try #require(EncodedContent.texts[coding.name])], coding, room: 1)
    #expect(result.isWhole && String(decoding: result.bytes, as: UTF8.self) == EncodedContent.text)
  }

  @Test(arguments: codings) func `content that ends too early is not whole`(coding: ContentCoding) throws {
    let encoded = try #require(EncodedContent.texts[coding.name])
    for count in 1..<encoded.count {
      #expect(try !decode([Array(encoded[..<count])], coding).isWhole, "\(count) bytes")
    }
  }

  @Test(arguments: codings) func `content without a coding is malformed`(coding: ContentCoding) {
    #expect(throws: ContentDecodingError.malformed) {
      try decode([Array("<!doctype html><p>this is no coded content</p>".utf8)], coding)
    }
  }

  @Test func `gzip members and zstd frames may follow each other, brotli streams may not`() throws {
    for (coding, bytes) in EncodedContent.texts.sorted(by: { $0.key < $1.key }) where coding != "br" {
      let coding = try #require(Self.codings.first { $0.name == coding })
      let twice = try decode([bytes + bytes], coding)
      #expect(
        twice.isWhole
          && String(decoding: twice.bytes, as: UTF8.self) == EncodedContent.text + EncodedContent.text)
    }
    let brotli = try #require(EncodedContent.texts["br"])
    #expect(throws: ContentDecodingError.malformed) { try decode([brotli + brotli], .brotli) }
  }

  @Test func `gzip with a wrong checksum is malformed`() throws {
    var bytes = try #require(EncodedContent.texts["gzip"])
    bytes[bytes.count - 8] ^= 1
    #expect(throws: ContentDecodingError.malformed) { try decode([bytes], .gzip) }
  }

  @Test func `a zstd window beyond 8 MiB is refused`() {
    #expect(throws: ContentDecodingError.malformed) { try decode([EncodedContent.wideZstd], .zstd) }
  }
}

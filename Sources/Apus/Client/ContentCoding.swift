// ContentCoding: what a client may be answered in to save bytes on the wire, and how it is undone. The
// codings themselves are in ApusCompression, which is not needed for all else.

/// A content coding that a client offers to servers, and undoes (RFC 9110 section 8.4.1).
public struct ContentCoding: Sendable {
  /// The name in `Accept-Encoding` and `Content-Encoding`, in small letters.
  public let name: String
  /// Other names of this coding, in small letters.
  public let aliases: [String]
  private let makeDecoder: @Sendable () -> (any ContentDecoder)?

  /// A coding by that name. `makeDecoder` is asked once per response in it, and answers
  /// nil if there is no memory.
  public init(
    _ name: String, aliases: [String] = [],
    makeDecoder: @escaping @Sendable () -> (any ContentDecoder)?
  ) {
    self.name = name
    self.aliases = aliases
    self.makeDecoder = makeDecoder
  }

  /// A decoder for one response; nil if there is no memory for it.
  public func decoder() -> (any ContentDecoder)? { makeDecoder() }

  func isNamed(_ name: String) -> Bool { self.name == name || aliases.contains(name) }
}

/// Undoes a coding, piece by piece. It belongs to one response, whose reader alone calls it.
public protocol ContentDecoder: AnyObject, Sendable {
  /// Decodes as much of `input` as `output` has room for; answers how many bytes of it are used up. Where
  /// `output` is full there may be more to come of what was used up already.
  func decode(
    _ input: Span<UInt8>, into output: inout OutputSpan<UInt8>
  ) throws(ContentDecodingError) -> Int

  /// The content may end where it is now.
  var isWhole: Bool { get }
}

/// Why content cannot be decoded.
public enum ContentDecodingError: Error, Sendable {
  case malformed
  case noMemory
}

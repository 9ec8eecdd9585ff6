// ResponseFraming: how the end of a response's body is found, as its receiver sees it (RFC 9112 6.3).

/// What follows the head of a response.
package enum ResponseFraming: Equatable, Sendable {
  /// No body: the next byte belongs to the next response.
  case none
  /// Exactly this many bytes, at least one.
  case length(UInt64)
  /// Chunks, up to the last chunk and the trailer section.
  case chunked
  /// All that comes before the peer closes. Whether it is the whole, nobody can tell (RFC 9112 8).
  case untilClose
}

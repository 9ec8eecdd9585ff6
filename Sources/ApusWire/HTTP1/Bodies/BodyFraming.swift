// BodyFraming: how the end of a message's body is found (RFC 9112 6.3).

/// What follows a head.
package enum BodyFraming: Equatable, Sendable {
  /// No body: the next byte belongs to the next message.
  case none
  /// Exactly this many bytes, at least one.
  case length(UInt64)
  /// Chunks, up to the last chunk and the trailer section.
  case chunked
}

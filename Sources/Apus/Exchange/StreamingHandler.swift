// The streaming tier: a handler gets both bodies as they flow.

public import ApusEngine

/// Answers a request whose body it reads itself, with an answer that it may write as it comes. It runs as an
/// asynchronous handler does.
public typealias StreamingHandler =
  @Sendable (borrowing Request, inout BodyReader, consuming ResponseSender) async throws -> Void

extension Request {
  /// The protocol that the client asks to switch to (RFC 9110 section 7.8); nil if it does not ask.
  public var upgradeProtocol: String? { head.upgradeRequested ? header("upgrade") : nil }
}

// ReceivedHead: what a parse of a response head found, as numbers and slices over bytes that somebody else
// owns. Trivial, as RequestHead is: it means nothing without those bytes.

/// The facts of one response head.
package struct ReceivedHead: Sendable {
  /// What it is handled as: 500 for a code from 600 to 999, which no class has (RFC 9110 15).
  package var status = Status(200)
  /// The three digits as they came, 100...999.
  package var statusCode: UInt16 = 200
  /// HTTP/1.2 to 1.9 count as 1.1 (RFC 9110 6.2).
  package var version: RequestHead.Version = .http11
  /// The reason phrase, for people; nothing may depend on it.
  package var reason: ByteSlice = .empty
  package var framing: ResponseFraming = .none
  /// Whether the connection outlives this exchange (RFC 9112 9.3). Never true for a body that
  /// ends with the connection.
  package var keepsAlive = false
  /// What follows is no HTTP any more: 101, or an answer 2xx to CONNECT.
  package var switchesProtocol = false
  /// Seconds that the server keeps the connection when it is idle, as `Keep-Alive: timeout`
  /// says; nil if it does not.
  package var idleHint: UInt32?
  /// Which fields are there, of those that have a bit.
  package var known: KnownFields = []
  /// The whole head, with the empty line that ends it.
  package var byteCount = 0
  package var fieldCount = 0

  package init() {}

  /// Another response to the same request follows (RFC 9110 15.2).
  package var isInterim: Bool { status.isInformational && !switchesProtocol }

  /// What a gateway may not hand on, though a client takes it: a status that HTTP
  /// does not have (RFC 9110 15).
  package var isStrange: Bool { statusCode > 599 }
}

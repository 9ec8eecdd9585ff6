// ClientPolicy: a client's limits and timeouts; each client has one for all cores.

/// Timeouts of an exchange, in ticks; all run on the core's wheel.
package struct ClientTimeouts: Sendable {
  /// In the queue for a connection.
  package var poolWait: UInt64 = 5_000
  package var connect: UInt64 = 5_000
  /// From the request's last byte, or the last sign of progress, to the end of the response's head.
  package var head: UInt64 = 30_000
  /// Between two pieces of a body, in either direction.
  package var idleRead: UInt64 = 30_000
  /// The whole exchange, including the caller's reading of the body; nil for no limit.
  package var total: UInt64? = 60_000
  /// For receiving the rest of a response that the caller did not read, so that its connection can be kept.
  package var drain: UInt64 = 50
  /// Between two attempts to connect to addresses of one host (RFC 8305 section 5).
  package var race: UInt64 = 250
  /// For a 100 before the body is sent anyway (RFC 9110 section 10.1.1).
  package var goAhead: UInt64 = 1_000

  package init() {}
}

package struct ClientPolicy: Sendable {
  package var pool = PoolLimits()
  package var timeouts = ClientTimeouts()
  /// The rest of a response is received and discarded up to this many bytes, to keep its connection.
  package var drainBytes: UInt64 = 64 << 10
  /// Bytes of a response that wait for their reader; beyond, receiving stops.
  package var unreadBytes = 64 << 10
  /// Limits on interim responses.
  package var interims = InterimLimits()
  /// How https is spoken; nil: not at all.
  package var security: ClientSecurity?
  /// Told of each handshake: the connection's number, what was agreed on, and the server's certificates.
  package var onSecure: (@Sendable (UInt64, SecureFacts, [PeerCertificate]) -> Void)?
  /// Called for each connection that was open and is closed.
  package var onClose: (@Sendable (ClosedConnection) -> Void)?

  package init() {}
}

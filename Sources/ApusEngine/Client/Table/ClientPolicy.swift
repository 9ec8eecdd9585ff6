// ClientPolicy: what a client may take and how long it waits; one per client, the same on all cores.

/// Deadlines of an exchange, in ticks; all on the core's wheel.
package struct ClientTimeouts: Sendable {
  /// In line for a connection.
  package var poolWait: UInt64 = 5_000
  package var connect: UInt64 = 5_000
  /// From the request's last byte, or its last sign of progress, to the end of the response's head.
  package var head: UInt64 = 30_000
  /// Between two pieces of a body, in either direction.
  package var idleRead: UInt64 = 30_000
  /// The whole exchange, its body read by the caller included; nil for no bound.
  package var total: UInt64? = 60_000
  /// For what is left of a response that the caller did not read, so that its connection can be kept.
  package var drain: UInt64 = 50
  /// Between two attempts to connect to addresses of one host (RFC 8305 section 5).
  package var race: UInt64 = 250
  /// For a 100 before the body is sent all the same (RFC 9110 section 10.1.1).
  package var goAhead: UInt64 = 1_000

  package init() {}
}

package struct ClientPolicy: Sendable {
  package var pool = PoolLimits()
  package var timeouts = ClientTimeouts()
  /// A response's rest is read and dropped up to this many bytes, to keep its connection.
  package var drainBytes: UInt64 = 64 << 10
  /// Bytes of a response that wait for their reader; then receiving stops.
  package var unreadBytes = 64 << 10
  /// What a server may say before its answer.
  package var interims = InterimLimits()
  /// How https is spoken; nil: not at all.
  package var security: ClientSecurity?
  /// Told of each handshake: the connection's number, what was agreed on, and the server's certificates.
  package var onSecure: (@Sendable (UInt64, SecureFacts, [PeerCertificate]) -> Void)?
  /// Told of each connection that was open and is closed.
  package var onClose: (@Sendable (ClosedConnection) -> Void)?

  package init() {}
}

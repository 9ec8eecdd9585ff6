// Limits: every bound of a core, with its unit. A peer that exceeds one is answered or closed; a loop that
// reaches one goes on in the next turn.

public import ApusWire

/// The most that one connection, request or turn may take.
public struct Limits: Sendable {
  /// Request line, field lines and their number: 414 and 431 beyond.
  public var head = HeadLimits()
  /// Bytes of a request body that are collected for a synchronous handler; 413 beyond.
  /// A route may set its own.
  public var collectBytes = 1 << 20
  /// Bytes of an unread body that are read and dropped to keep the connection; beyond it is closed.
  public var unreadBodyBytes = 256 << 10
  /// Bytes that may wait unparsed behind an unfinished answer; then reading stops.
  public var waitingBytes = 64 << 10
  /// Bytes of finished answers that may wait behind a send in flight; then parsing stops.
  public var queuedAnswerBytes = 64 << 10
  /// Requests of one connection that are answered in one turn, so that a pipelining peer
  /// cannot hold the others up.
  public var requestsPerTurn = 64
  /// Timers that expire in one turn: to close a connection costs the kernel some 90 us, and a
  /// request waits for all of them.
  public var expiriesPerTurn = 16
  /// Bytes of a streamed request body that pass through the shared receive buffers. A larger body is received
  /// into memory of the connection's own, so that one uploader cannot take every buffer of the core.
  public var sharedBodyBytes = 64 << 10
  /// Bytes of that memory: what one receive brings at most.
  public var ownedBodyBytes = 192 << 10
  /// Bytes of a streamed answer that may wait for the connection; then its writer suspends.
  public var unsentAnswerBytes = 64 << 10
  /// Jobs of handlers' tasks that run in one turn.
  public var jobsPerTurn = 256
  /// Bytes in one send from memory. Half of it costs a tenth more per MiB; more would hide a slow
  /// peer's progress for longer.
  public var sendBytes = 512 << 10
  /// Bytes of a body that are copied behind the head; a larger body is sent from where it lies.
  public var copiedBodyBytes = 16 << 10
  /// Bytes of a file that are copied on their way; a longer part that is in memory goes to its peer by
  /// sendfile(2), for which the socket needs a descriptor and the core three calls more. At 128 KiB a copy
  /// costs half as much again.
  public var copiedFileBytes = 64 << 10
  /// Open connections of one core. At the ceiling the oldest idle ones are closed.
  public var connections = 65_000
  /// Connections closed at once to make room at the ceiling.
  public var reapedTogether = 64
  /// Requests that one connection may make; nil for any number.
  public var requestsPerConnection: UInt32? = nil

  /// The defaults above.
  public init() {}
}

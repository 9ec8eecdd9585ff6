// Limits: every limit of a core, with its unit. A peer that exceeds one gets an error response or is closed;
// a loop that reaches one continues in the next turn.

public import ApusWire

/// The most that one connection, request or turn may take.
public struct Limits: Sendable {
  /// Request line, field lines and their number: 414 and 431 beyond.
  public var head = HeadLimits()
  /// Bytes of a request body that are collected for a synchronous handler; 413 beyond.
  /// A route may set its own.
  public var collectBytes = 1 << 20
  /// Bytes of an unread body that are received and discarded to keep the connection; beyond, it is closed.
  public var unreadBodyBytes = 256 << 10
  /// Bytes that may wait unparsed behind an unfinished response; beyond, receiving stops.
  public var waitingBytes = 64 << 10
  /// Bytes of finished responses that may wait behind a send in flight; beyond, parsing stops.
  public var queuedAnswerBytes = 64 << 10
  /// Requests of one connection that are handled in one turn, so that a pipelining peer cannot delay the
  /// others.
  public var requestsPerTurn = 64
  /// Timers that expire in one turn: closing a connection costs the kernel some 90 us, and a request waits
  /// for all of them.
  public var expiriesPerTurn = 16
  /// Bytes of a streamed request body that pass through the shared receive buffers. A larger body is received
  /// into the connection's own memory, so that one upload cannot take every buffer of the core.
  public var sharedBodyBytes = 64 << 10
  /// Bytes of that memory: the most that one receive brings.
  public var ownedBodyBytes = 192 << 10
  /// Bytes of a streamed response that may wait for the connection; beyond, its writer suspends.
  public var unsentAnswerBytes = 64 << 10
  /// Jobs of handlers' tasks that run in one turn.
  public var jobsPerTurn = 256
  /// Bytes in one send from memory. Half of it costs a tenth more per MiB; more would hide a slow peer's
  /// progress for longer.
  public var sendBytes = 512 << 10
  /// Bytes of a body that are copied behind the head; a larger body is sent from its own memory.
  public var copiedBodyBytes = 16 << 10
  /// Bytes of a file that are sent by copying; a longer part that is in memory is sent by sendfile(2), for
  /// which the socket needs a descriptor and the core three more calls. At 128 KiB a copy costs half as much
  /// again.
  public var copiedFileBytes = 64 << 10
  /// Open connections of one core. At the limit the oldest idle ones are closed.
  public var connections = 65_000
  /// Connections closed together to make room at the limit.
  public var reapedTogether = 64
  /// Requests that one connection may make; nil for any number.
  public var requestsPerConnection: UInt32? = nil

  /// The defaults above.
  public init() {}
}

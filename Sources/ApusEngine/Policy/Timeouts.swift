// Timeouts: how long each phase of a connection may last. The durations are turned into ticks once, at start.

/// Deadlines of a connection's phases, all on the core's one wheel.
public struct Timeouts: Sendable {
  /// Idle between two requests (RFC 9112 section 9.3).
  public var keepAlive: Duration = .seconds(75)
  /// From accept to the first byte.
  public var firstByte: Duration = .seconds(10)
  /// From a head's first byte to its last, in total: a byte now and then does not extend it.
  public var head: Duration = .seconds(15)
  /// Between two pieces of a body.
  public var bodyStall: Duration = .seconds(30)
  /// How long a peer may take nothing of what is sent to it, give or take an eighth: how far a send has come
  /// is looked at sixteen times meanwhile. What the buffers of either kernel had room for does not count.
  public var sendStall: Duration = .seconds(30)
  /// Bytes per second that a body, in either direction, must reach once `rateGrace` is over; 0 asks for none.
  public var minimumRate: UInt64 = 240
  /// From a body's start until `minimumRate` counts. Of a body that a handler reads itself, only the time
  /// counts in which it waits for more.
  public var rateGrace: Duration = .seconds(10)
  /// From a request until its handler has answered: 503 beyond, its task is cancelled. Nil for no bound. A
  /// handler that never suspends is not interrupted.
  public var answer: Duration? = nil
  /// How long a handler may go on once its peer sends no more: it may wait for the answer, or be gone.
  public var halfClosed: Duration = .seconds(30)
  /// For reading and dropping the rest of an unread body, to keep the connection.
  public var unreadBody: Duration = .seconds(1)
  /// For the peer to read the last answer and close, in a lingering close (RFC 9112 section 9.6).
  public var linger: Duration = .seconds(2)
  /// No connection is taken from its peer under pressure before it has been idle this long.
  public var reapAfter: Duration = .seconds(1)
  /// Once draining, idle connections stay this long, so that a request on its way is still answered.
  public var drainIdle: Duration = .seconds(1)
  /// Once draining, connections that are still open after this long are reset.
  public var drain: Duration = .seconds(25)
  /// Before accepting again after the system ran out of descriptors.
  public var acceptRetry: Duration = .milliseconds(100)
  /// The oldest that a connection may grow before its answer says `close`; nil for no bound.
  public var connectionAge: Duration? = nil

  /// The defaults above.
  public init() {}
}

/// `Timeouts` in ticks.
struct TimeoutTicks {
  let keepAlive, firstByte, head, bodyStall, sendStall, rateGrace, unreadBody, linger, reapAfter, drainIdle,
    drain,
    acceptRetry, answer, halfClosed: UInt64
  let connectionAge: UInt64
  /// From a send's beginning, or the look before, until it is looked at.
  let sendLook: UInt64
  /// Bytes per tick, as bytes per 1,000 ticks; 0 for none.
  let minimumRate: UInt64

  init(_ timeouts: Timeouts) {
    keepAlive = Tick.count(in: timeouts.keepAlive)
    firstByte = Tick.count(in: timeouts.firstByte)
    head = Tick.count(in: timeouts.head)
    bodyStall = Tick.count(in: timeouts.bodyStall)
    sendStall = Tick.count(in: timeouts.sendStall)
    sendLook = sendStall / 16 + 1
    rateGrace = Tick.count(in: timeouts.rateGrace)
    unreadBody = Tick.count(in: timeouts.unreadBody)
    linger = Tick.count(in: timeouts.linger)
    reapAfter = Tick.count(in: timeouts.reapAfter)
    drainIdle = Tick.count(in: timeouts.drainIdle)
    drain = Tick.count(in: timeouts.drain)
    acceptRetry = Tick.count(in: timeouts.acceptRetry)
    answer = timeouts.answer.map(Tick.count(in:)) ?? .max
    halfClosed = Tick.count(in: timeouts.halfClosed)
    connectionAge = timeouts.connectionAge.map(Tick.count(in:)) ?? .max
    minimumRate = timeouts.minimumRate
  }

  /// When a body that began at `start` and has moved `bytes` must have moved more: a stall's length from now,
  /// but no later than the minimum rate allows.
  func progressDeadline(now: Tick, start: Tick, bytes: UInt64, stall: UInt64) -> Tick {
    let stallDeadline = now + stall
    guard minimumRate > 0 else { return stallDeadline }
    let rateDeadline = start + (rateGrace + (bytes == 0 ? 0 : bytes * 1000 / minimumRate))
    return min(stallDeadline, rateDeadline)
  }
}

// Timeouts: how long each phase of a connection may last. The durations are converted to ticks once, at
// start.

/// Timeouts of a connection's phases, all on the core's one wheel.
public struct Timeouts: Sendable {
  /// Idle time between two requests (RFC 9112 section 9.3).
  public var keepAlive: Duration = .seconds(75)
  /// From accept to the first byte.
  public var firstByte: Duration = .seconds(10)
  /// From a head's first byte to its last, in total: single bytes in between do not extend it.
  public var head: Duration = .seconds(15)
  /// Between two pieces of a body.
  public var bodyStall: Duration = .seconds(30)
  /// The longest time without a byte that the peer accepts, within an eighth: a send's progress is checked
  /// sixteen times in that span. Bytes that only fill either kernel's buffers do not count as progress.
  public var sendStall: Duration = .seconds(30)
  /// Bytes per second that a body, in either direction, must reach once `rateGrace` is over; 0 disables it.
  public var minimumRate: UInt64 = 240
  /// From a body's start until `minimumRate` applies. If a handler reads the body itself, only the time
  /// counts in which it waits for more.
  public var rateGrace: Duration = .seconds(10)
  /// From a request until its handler has responded: 503 beyond, and its task is cancelled. Nil for no limit.
  /// A handler that never suspends is not interrupted.
  public var answer: Duration? = nil
  /// For a handler to continue once its peer sends no more: the peer may wait for the response, or be gone.
  public var halfClosed: Duration = .seconds(30)
  /// The time to receive and discard the rest of an unread body, to keep the connection.
  public var unreadBody: Duration = .seconds(1)
  /// The time for the peer to read the last response and close, in a lingering close (RFC 9112 section 9.6).
  public var linger: Duration = .seconds(2)
  /// Under pressure, a connection is not closed before it has been idle this long.
  public var reapAfter: Duration = .seconds(1)
  /// At a drain, idle connections stay open this long, so that a request on its way still gets a response.
  public var drainIdle: Duration = .seconds(1)
  /// At a drain, connections that are still open after this long are reset.
  public var drain: Duration = .seconds(25)
  /// Before accepting again after the system ran out of descriptors.
  public var acceptRetry: Duration = .milliseconds(100)
  /// The age from which a connection's next response carries `close`; nil for no limit.
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
  /// Ticks from a send's start, or the previous check, until its progress is checked.
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

  /// The deadline for further progress of a body that began at `start` and has moved `bytes`: one stall from
  /// now, but no later than the minimum rate allows.
  func progressDeadline(now: Tick, start: Tick, bytes: UInt64, stall: UInt64) -> Tick {
    let stallDeadline = now + stall
    guard minimumRate > 0 else { return stallDeadline }
    let rateDeadline = start + (rateGrace + (bytes == 0 ? 0 : bytes * 1000 / minimumRate))
    return min(stallDeadline, rateDeadline)
  }
}

// The progress of an outbox: bytes that the kernel has taken, and times at which the peer took some.

import ApusRing

extension Outbox {
  /// A send completed with `result` bytes or a negated errno. Removes the sent bytes, the head's first, from
  /// those in flight and returns their number.
  @inline(__always)
  mutating func didSend(_ result: Int32) -> Int {
    let sent = max(0, Int(result))
    precondition(sent <= flight.total, "\(sent) bytes sent of \(flight.total)")
    let ofHead = min(sent, flight.headBytes)
    sendStart += ofHead
    let ofBody = sent - ofHead
    if pieceStart < pieceEnd, flight.bodyBytes > 0 {
      pieceStart += ofBody
    } else {
      sourceRange = sourceRange.lowerBound + ofBody..<sourceRange.upperBound
    }
    sentBytes += UInt64(sent)
    flight = Flight()
    return sent
  }

  /// When a send that begins now is checked for a stall or a rate below the minimum.
  @inline(__always)
  func deadline(_ ticks: TimeoutTicks, at tick: Tick) -> Tick {
    ticks.progressDeadline(now: tick, start: startedAt, bytes: sentBytes, stall: ticks.sendLook)
  }

  /// The peer has taken nothing for too long, or takes less than the minimum rate. To be called after a send
  /// was cancelled for a check; `sent` bytes of it were sent.
  mutating func isTooSlow(after sent: Int, _ ticks: TimeoutTicks, at tick: Tick) -> Bool {
    didLook(sent, at: tick)
    return tick.rawValue - restsSince.rawValue >= ticks.sendStall || deadline(ticks, at: tick) <= tick
  }

  /// The latest time since when the peer has provably taken nothing.
  private var restsSince: Tick { max(takenAt, startedAt) }

  /// The kernel took bytes of a send just now.
  mutating func didTake(at tick: Tick) { takenAt = tick }

  /// A send was cancelled to see its progress. It may have filled room that the send before it had left and
  /// the peer had made meanwhile: so `sent` bytes prove progress only since the check before the last one.
  private mutating func didLook(_ sent: Int, at tick: Tick) {
    if sent > 0 { takenAt = max(takenAt, lookedAt.before) }
    lookedAt = (max(lookedAt.last, startedAt), tick)
  }
}

// What the kernel has taken of an outbox, and since when its peer has taken nothing.

import ApusRing

extension Outbox {
  /// A send completed with `result` bytes or a negated errno: takes what was sent off what was in flight, the
  /// head's bytes first. Answers their number.
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

  /// When a send that begins now is looked at; then its peer has stalled, or is slower than the minimum rate.
  @inline(__always)
  func deadline(_ ticks: TimeoutTicks, at tick: Tick) -> Tick {
    ticks.progressDeadline(now: tick, start: startedAt, bytes: sentBytes, stall: ticks.sendLook)
  }

  /// The peer has taken nothing for too long, or takes less than the minimum rate. Asked when a send was
  /// cancelled to look, and `sent` bytes had left.
  mutating func isTooSlow(after sent: Int, _ ticks: TimeoutTicks, at tick: Tick) -> Bool {
    didLook(sent, at: tick)
    return tick.rawValue - restsSince.rawValue >= ticks.sendStall || deadline(ticks, at: tick) <= tick
  }

  /// Since when the peer has taken nothing, as far as is known; what it took since, it may have taken later.
  private var restsSince: Tick { max(takenAt, startedAt) }

  /// A send, or part of one, was taken just now.
  mutating func didTake(at tick: Tick) { takenAt = tick }

  /// A send was cancelled to see how far it had come. What it had begun with was room that the one before it
  /// had left, for what the peer read meanwhile: so `sent` bytes tell of something since the look before the
  /// last one, and of no more.
  private mutating func didLook(_ sent: Int, at tick: Tick) {
    if sent > 0 { takenAt = max(takenAt, lookedAt.before) }
    lookedAt = (max(lookedAt.last, startedAt), tick)
  }
}

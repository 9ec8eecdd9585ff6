// BodyProgress: how much of a body has come, and since when: for the rate that its sender must keep. Time in
// which the body's reader asks for nothing does not count.

struct BodyProgress {
  /// When head or body began, plus the time that did not count.
  private(set) var startedAt = Tick(rawValue: 0)
  private(set) var bytes: UInt64 = 0
  /// Since when the reader has asked for nothing; nil while it waits.
  private var unaskedSince: Tick?

  /// A head, or a body behind one, begins.
  mutating func begin(at tick: Tick) {
    startedAt = tick
    bytes = 0
    unaskedSince = nil
  }

  mutating func note(_ count: Int) { bytes += UInt64(count) }

  /// The reader has something, or has not asked yet.
  mutating func stopClock(at tick: Tick) {
    if unaskedSince == nil { unaskedSince = tick }
  }

  /// The reader waits.
  mutating func startClock(at tick: Tick) {
    guard let since = unaskedSince.take() else { return }
    startedAt = startedAt + (tick.rawValue - since.rawValue)
  }

  /// When more must have come: after a stall's length, and no later than the minimum rate allows.
  func deadline(_ ticks: TimeoutTicks, stall: UInt64, at tick: Tick) -> Tick {
    ticks.progressDeadline(now: tick, start: startedAt, bytes: bytes, stall: stall)
  }
}

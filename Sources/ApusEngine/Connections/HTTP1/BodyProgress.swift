// BodyProgress: how much of a body has arrived and since when, for the minimum rate of its sender. Time in
// which the body's reader asks for nothing does not count.

struct BodyProgress {
  /// When the head or body began, plus the time that did not count.
  private(set) var startedAt = Tick(rawValue: 0)
  private(set) var bytes: UInt64 = 0
  /// Since when the reader has asked for nothing; nil while it waits for bytes.
  private var unaskedSince: Tick?

  /// A head begins, or a body.
  mutating func begin(at tick: Tick) {
    startedAt = tick
    bytes = 0
    unaskedSince = nil
  }

  mutating func note(_ count: Int) { bytes += UInt64(count) }

  /// The reader got bytes, or has not asked yet.
  mutating func stopClock(at tick: Tick) {
    if unaskedSince == nil { unaskedSince = tick }
  }

  /// The reader waits for bytes.
  mutating func startClock(at tick: Tick) {
    guard let since = unaskedSince.take() else { return }
    startedAt = startedAt + (tick.rawValue - since.rawValue)
  }

  /// When more must have arrived: after `stall` ticks, or earlier if the minimum rate requires it.
  func deadline(_ ticks: TimeoutTicks, stall: UInt64, at tick: Tick) -> Tick {
    ticks.progressDeadline(now: tick, start: startedAt, bytes: bytes, stall: stall)
  }
}

// Tick: the wheel's unit of time. Conversions never make a timer early: deadlines round up, the present
// rounds down.

package import ApusRing

/// Whole milliseconds of the core's clock (`CLOCK_MONOTONIC`, or the simulator's).
package struct Tick: Comparable, Hashable, Sendable, BitwiseCopyable {
  package var rawValue: UInt64

  package static let nanosecondsPerTick: UInt64 = 1_000_000

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The tick that has begun by `now`.
  package init(at now: Instant) { rawValue = now.nanoseconds / Self.nanosecondsPerTick }

  /// The first tick that begins at `deadline` or after it.
  package init(deadline: Instant) {
    let (whole, rest) = deadline.nanoseconds.quotientAndRemainder(dividingBy: Self.nanosecondsPerTick)
    rawValue = rest == 0 ? whole : whole + 1
  }

  /// When the tick begins.
  package var instant: Instant {
    let (nanoseconds, overflow) = rawValue.multipliedReportingOverflow(by: Self.nanosecondsPerTick)
    return Instant(nanoseconds: overflow ? .max : nanoseconds)
  }

  /// Ticks in `duration`, rounded up; 0 for a negative one. Computed once per setting, not per timer, because
  /// `Duration` is 128 bits wide.
  package static func count(in duration: Duration) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let attosecondsPerTick: Int64 = 1_000_000_000_000_000
    let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: attosecondsPerTick)
    let fraction = UInt64(whole) + (rest == 0 ? 0 : 1)
    let (milliseconds, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    return overflow ? .max : saturatingSum(milliseconds, fraction)
  }

  /// `count` ticks later; saturates instead of overflowing.
  package static func + (tick: Tick, count: UInt64) -> Tick {
    Tick(rawValue: saturatingSum(tick.rawValue, count))
  }

  package static func < (a: Tick, b: Tick) -> Bool { a.rawValue < b.rawValue }

  private static func saturatingSum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}

extension Duration {
  /// The duration of `count` ticks.
  package static func ticks(_ count: UInt64) -> Duration { .milliseconds(Int64(clamping: count)) }
}

// Instant: a point on the monotonic clock. Read once a turn, never per request.

internal import Glibc

/// Nanoseconds of `CLOCK_MONOTONIC`, or of the simulator's virtual clock.
public struct Instant: Comparable, Sendable {
  /// Since the clock's own start.
  public var nanoseconds: UInt64

  /// A point on the clock.
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// Earlier.
  public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Reads the clock; no system call (vdso(7)), about 20 ns.
  public static func monotonic() -> Instant {
    var time = timespec()
    // Safety: the call fills a structure of our own.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
  }
}

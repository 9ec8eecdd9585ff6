// Instant: a point on the monotonic clock. Read once a turn, never per request.

/// Nanoseconds of `CLOCK_MONOTONIC`, or of the simulator's virtual clock.
package struct Instant: Comparable, Sendable {
  package var nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
}

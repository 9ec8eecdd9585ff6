// ArrivalTimes: when the bytes came that wait in an intake, for the duration of requests
// that are not parsed at once.

package import ApusRing

/// Times of bytes that wait, the oldest first.
package struct ArrivalTimes {
  private struct Mark {
    /// Bytes that had come by then.
    var end: UInt64
    var time: Instant
  }

  /// Beyond so many times, bytes count as having come with those before them.
  package static let limit = 32

  private var marks: [Mark] = []
  private var total: UInt64 = 0

  package init() {}

  package mutating func note(_ count: Int, at time: Instant) {
    total += UInt64(count)
    if let last = marks.indices.last,
      marks[last].time.nanoseconds == time.nanoseconds || last + 1 == Self.limit
    {
      marks[last].end = total
    } else {
      marks.append(Mark(end: total, time: time))
    }
  }

  /// When the last byte came of those before the last `rest` bytes; nil if nothing is known of it.
  package mutating func time(before rest: Int) -> Instant? {
    let position = total - UInt64(rest)
    if let passed = marks.firstIndex(where: { $0.end >= position }), passed > 0 { marks.removeFirst(passed) }
    return marks.first?.time
  }

  /// Nothing waits.
  package mutating func clear() {
    if !marks.isEmpty { marks.removeAll(keepingCapacity: true) }
    total = 0
  }
}

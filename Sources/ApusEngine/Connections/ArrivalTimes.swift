// ArrivalTimes: when the bytes that wait in an intake arrived. It gives the latency of requests that are not
// parsed at once its true start.

package import ApusRing

/// Arrival times of waiting bytes, oldest first.
package struct ArrivalTimes {
  private struct Mark {
    /// Bytes that had arrived by `time`, counted from the last `clear`.
    var end: UInt64
    var time: Instant
  }

  /// Most times that are kept; later bytes count as having arrived with the last of them.
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

  /// When the last of the bytes before the last `rest` bytes arrived; nil if that is unknown.
  package mutating func time(before rest: Int) -> Instant? {
    let position = total - UInt64(rest)
    if let passed = marks.firstIndex(where: { $0.end >= position }), passed > 0 { marks.removeFirst(passed) }
    return marks.first?.time
  }

  /// No bytes wait any more.
  package mutating func clear() {
    if !marks.isEmpty { marks.removeAll(keepingCapacity: true) }
    total = 0
  }
}

// LatencyHistogram: how long responses took, from the turn that saw a request to the completion of the send
// that carried its response. There are four buckets per power of two: a quantile is at most 25% above the
// true value, and recording is one addition.

package struct LatencyHistogram: Sendable {
  private static let bucketsPerDoubling = 4
  private var counts = InlineArray<160, UInt64>(repeating: 0)
  /// In nanoseconds.
  package private(set) var maximum: UInt64 = 0
  package private(set) var count: UInt64 = 0
  /// The sum of all latencies, in nanoseconds.
  package private(set) var sum: UInt64 = 0

  package init() {}

  package mutating func record(nanoseconds: UInt64, times: UInt64 = 1) {
    counts[Self.bucket(of: nanoseconds)] += times
    count += times
    sum &+= nanoseconds &* times
    if nanoseconds > maximum { maximum = nanoseconds }
  }

  package mutating func add(_ other: LatencyHistogram) {
    for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
    count += other.count
    sum &+= other.sum
    maximum = max(maximum, other.maximum)
  }

  /// The nanoseconds that the given share of responses stayed within; nil before the first response.
  package func quantile(_ share: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let wanted = UInt64((Double(count) * share).rounded(.up))
    var seen: UInt64 = 0
    for bucket in counts.indices {
      seen += counts[bucket]
      if seen >= wanted, seen > 0 { return min(maximum, Self.upperBound(of: bucket)) }
    }
    return maximum
  }

  /// The number of latencies that were certainly at most `nanoseconds`: a bucket that reaches beyond is not
  /// counted.
  package func count(within nanoseconds: UInt64) -> UInt64 {
    var seen: UInt64 = 0
    for bucket in counts.indices where Self.upperBound(of: bucket) <= nanoseconds { seen += counts[bucket] }
    return seen
  }

  /// The two bits below the leading one select among the four buckets of its power of two.
  private static func bucket(of value: UInt64) -> Int {
    guard value >= 4 else { return Int(value) }
    let power = 63 - value.leadingZeroBitCount
    return min(159, (power - 1) * bucketsPerDoubling + Int(value >> UInt64(power - 2) & 3))
  }

  private static func upperBound(of bucket: Int) -> UInt64 {
    guard bucket >= 4 else { return UInt64(bucket) }
    let power = bucket / bucketsPerDoubling + 1
    let step = UInt64(1) << UInt64(power - 2)
    return UInt64(4 + bucket % bucketsPerDoubling + 1) * step - 1
  }
}

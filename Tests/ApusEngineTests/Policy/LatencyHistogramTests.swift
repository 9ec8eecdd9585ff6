import ApusEngine
import Testing

@Suite struct LatencyHistogramTests {
  @Test func `a histogram's count within a bound is never more than the truth`() {
    var histogram = LatencyHistogram()
    for value: UInt64 in [0, 1, 5, 100, 1000, 1_000_000] { histogram.record(nanoseconds: value, times: 2) }
    #expect(histogram.sum == 2 * 1_001_106)
    #expect(histogram.count(within: 0) == 2)
    #expect(histogram.count(within: 5) == 6)
    #expect(histogram.count(within: 99) == 6)
    #expect(histogram.count(within: 130) == 8)
    #expect(histogram.count(within: .max) == 12)
  }
}

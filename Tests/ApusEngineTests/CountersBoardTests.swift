import ApusEngine
import Testing

@Suite struct CountersBoardTests {
  @Test func `a report hangs until the next`() {
    let board = CountersBoard()
    #expect(board.count == 0)
    var report = CoreReport()
    report.openConnections = 3
    report.counters.requests = 7
    #expect(board.publish(report))
    report.openConnections = 4
    #expect(board.read().openConnections == 3)
    #expect(board.read().counters.requests == 7)
    #expect(board.publish(report))
    #expect(board.count == 2)
    #expect(board.read().openConnections == 4)
  }

  @Test func `what a histogram counts within a bound is never more than the truth`() {
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

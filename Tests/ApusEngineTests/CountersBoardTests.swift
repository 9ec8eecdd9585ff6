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
}

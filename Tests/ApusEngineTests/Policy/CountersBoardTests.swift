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

  private func report(_ requests: UInt64) -> CoreReport {
    var report = CoreReport()
    report.counters.requests = requests
    return report
  }

  @Test func `a question ends when each core has answered, those that have ended too`() async {
    let boards = (0..<3).map { _ in CountersBoard() }
    boards[2].close()
    let question = ReportQuestion(cores: 3)
    for (core, board) in boards.enumerated() { board.ask(question, as: core) }
    boards[0].answerQuestions(report(7))
    #expect(!question.isOver)
    async let end: Void = question.end()
    boards[1].close()
    await end
    #expect(question.reports.map { $0?.counters.requests } == [7, nil, nil])
  }

  @Test func `a question that is given up has what was answered by then`() async {
    let boards = (0..<2).map { _ in CountersBoard() }
    let question = ReportQuestion(cores: 2)
    for (core, board) in boards.enumerated() { board.ask(question, as: core) }
    boards[1].answerQuestions(report(5))
    question.giveUp()
    await question.end()
    boards[0].answerQuestions(report(9))
    #expect(question.reports.map { $0?.counters.requests } == [nil, 5])
  }
}

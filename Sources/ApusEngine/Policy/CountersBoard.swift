// CountersBoard: holds a copy of a core's counters for other threads to read, updated once a second while the
// core turns, and the questions that others leave for the core (`ReportQuestion`). No request touches it.

import ApusRing
import Synchronization

/// One core's report on itself.
package struct CoreReport: Sendable {
  package var counters = Counters()
  /// Open connections.
  package var openConnections = 0
  /// Requests whose handler has begun and whose response is not complete.
  package var activeRequests = 0

  package init() {}
}

/// One core's report. The core never waits: while another thread reads, it does not write, and tries again in
/// a later turn.
package final class CountersBoard: @unchecked Sendable {
  // Safety of the unchecked conformance: `report` is touched only by whoever has set `isTaken`.
  private let isTaken = Atomic<Bool>(false)
  private var report = CoreReport()
  private let serial = Atomic<UInt64>(0)

  private struct Question {
    let question: ReportQuestion
    let core: Int
  }

  /// Unanswered questions; nil once the core has ended and its last report is here.
  private let questions = Lock<[Question]?>([])

  package init() {}

  /// Any thread: leaves a question for the core, which passes the number `core` with its answer. The caller
  /// then posts `.report`.
  package func ask(_ question: ReportQuestion, as core: Int) {
    let isLeft = questions.withLock { questions in
      questions?.append(Question(question: question, core: core))
      return questions != nil
    }
    if !isLeft { question.answer(nil, core: core) }
  }

  /// The core's thread: answers the questions that came since the last time.
  package func answerQuestions(_ report: borrowing CoreReport) {
    let asked = questions.withLock { questions in
      let asked = questions ?? []
      if !asked.isEmpty { questions = [] }
      return asked
    }
    for one in asked { one.question.answer(copy report, core: one.core) }
  }

  /// The core's thread, when it ends.
  package func close() {
    let asked = questions.withLock { questions in questions.take() ?? [] }
    for one in asked { one.question.answer(nil, core: one.core) }
  }

  /// The number of reports published so far.
  package var count: UInt64 { serial.load(ordering: .acquiring) }

  /// The core's thread. Returns false if another thread was reading.
  package func publish(_ report: borrowing CoreReport) -> Bool {
    guard take() else { return false }
    self.report = copy report
    release()
    serial.add(1, ordering: .releasing)
    return true
  }

  /// Any thread; busy-waits while a core writes or another thread reads.
  package func read() -> CoreReport {
    while !take() {}
    defer { release() }
    return report
  }

  private func take() -> Bool {
    !isTaken.exchange(true, ordering: .acquiring)
  }

  private func release() { isTaken.store(false, ordering: .releasing) }
}

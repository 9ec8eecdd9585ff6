// CountersBoard: where a core hangs up a copy of its counters for other threads to read, once a second while
// it turns, and where others leave their questions for it (`ReportQuestion`). Never on the way of a request.

import ApusRing
import Synchronization

/// One core's report of itself.
package struct CoreReport: Sendable {
  package var counters = Counters()
  /// Connections that are open.
  package var openConnections = 0
  /// Requests whose handler has begun and whose answer is not complete.
  package var activeRequests = 0

  package init() {}
}

/// One core's report. The core never waits: while somebody reads it does not write, and
/// tries again in a later turn.
package final class CountersBoard: @unchecked Sendable {
  // Safety of the unchecked conformance: `report` is touched only by whoever has set `isTaken`.
  private let isTaken = Atomic<Bool>(false)
  private var report = CoreReport()
  private let serial = Atomic<UInt64>(0)

  private struct Question {
    let question: ReportQuestion
    let core: Int
  }

  /// Not answered yet; nil once the core has ended, and its last report hangs here.
  private let questions = Lock<[Question]?>([])

  package init() {}

  /// Any thread: leaves a question for the core, which calls itself `core` when it answers. Whoever
  /// asks then posts `.report`.
  package func ask(_ question: ReportQuestion, as core: Int) {
    let isLeft = questions.withLock { questions in
      questions?.append(Question(question: question, core: core))
      return questions != nil
    }
    if !isLeft { question.answer(nil, core: core) }
  }

  /// The core's thread: answers what was asked since the last time.
  package func answerQuestions(_ report: borrowing CoreReport) {
    let asked = questions.withLock { questions in
      let asked = questions ?? []
      if !asked.isEmpty { questions = [] }
      return asked
    }
    for one in asked { one.question.answer(copy report, core: one.core) }
  }

  /// The core's thread, at its end.
  package func close() {
    let asked = questions.withLock { questions in questions.take() ?? [] }
    for one in asked { one.question.answer(nil, core: one.core) }
  }

  /// How many reports there were.
  package var count: UInt64 { serial.load(ordering: .acquiring) }

  /// The core's thread. False if somebody was reading.
  package func publish(_ report: borrowing CoreReport) -> Bool {
    guard take() else { return false }
    self.report = copy report
    release()
    serial.add(1, ordering: .releasing)
    return true
  }

  /// Any thread; waits for the moment that a core needs to write.
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

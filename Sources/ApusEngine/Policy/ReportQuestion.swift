// ReportQuestion: one question to several cores for their reports. Each answers at the end of the turn in
// which it sees the question, so nobody waits for a core's periodic report, and an idle core turns just once
// for each question.

import ApusRing

/// Asked once, and answered once by each core. Any thread.
package final class ReportQuestion: Sendable {
  fileprivate struct State {
    /// By core; nil for one that has not answered, or has ended.
    var reports: [CoreReport?]
    var unanswered: Int
    /// Nobody waits any longer.
    var isOver: Bool
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Lock<State>

  /// A question to `cores` cores.
  package init(cores: Int) {
    state = Lock(State(reports: Array(repeating: nil, count: cores), unanswered: cores, isOver: cores == 0))
  }

  /// One core's answer: its report, or nil from one that has ended.
  package func answer(_ report: CoreReport?, core: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.reports[core] = report
      state.unanswered -= 1
      return state.unanswered == 0 ? state.end() : nil
    }
    waiter?.resume()
  }

  /// Lets the waiter continue with the reports that have come.
  package func giveUp() { state.withLock { $0.end() }?.resume() }

  /// All cores have answered, or the question was given up.
  package var isOver: Bool { state.withLock { $0.isOver } }

  /// The reports that have come.
  package var reports: [CoreReport?] { state.withLock { $0.reports } }

  /// Suspends until all have answered or the question is given up. Call it once.
  package func end() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.isOver { state.waiter = continuation }
        return state.isOver
      }
      if isOver { continuation.resume() }
    }
  }
}

extension ReportQuestion.State {
  fileprivate mutating func end() -> CheckedContinuation<Void, Never>? {
    isOver = true
    return waiter.take()
  }
}

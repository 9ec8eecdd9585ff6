// ReportQuestion: one question to several cores for what they have done. Each answers at the end of the turn
// in which it hears of it, so nobody waits for a core's next report of its own accord, and an idle core turns
// once for each question, and not otherwise.

import ApusRing

/// Asked once, answered once by each core. Any thread.
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

  /// A question to so many cores.
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

  /// Has whoever waits go on with the answers that have come.
  package func giveUp() { state.withLock { $0.end() }?.resume() }

  /// All have answered, or it was given up.
  package var isOver: Bool { state.withLock { $0.isOver } }

  /// What has come.
  package var reports: [CoreReport?] { state.withLock { $0.reports } }

  /// Suspends until all have answered or it is given up. Once.
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

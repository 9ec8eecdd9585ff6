// EndWatch: which of a server's threads have ended, for callers that wait for all of them. A handler that
// never returns holds its core, and cannot be stopped: once the server was told to end, the wait for such a
// core has a bound.

import ApusRing

final class EndWatch: Sendable {
  private let state: Condition<State>

  private struct State: Sendable {
    var hasEnded: [Bool]
    /// When the wait ends even if threads still run; nil until the server is told to end.
    var deadline: ContinuousClock.Instant?
  }

  private enum Step {
    case over(hasEnded: [Bool])
    case again
  }

  init(cores: Int) {
    state = Condition(State(hasEnded: Array(repeating: false, count: cores), deadline: nil))
  }

  /// The last that a core's thread does.
  func didEnd(_ core: Int) {
    state.withLock { $0.hasEnded[core] = true }
    state.tellAll()
  }

  /// The server was told to end. The earliest of several orders counts.
  func expectEnd(within duration: Duration) {
    let deadline = ContinuousClock.now + duration
    state.withLock { $0.deadline = min($0.deadline ?? deadline, deadline) }
    state.tellAll()
  }

  /// Waits until all cores have ended, or may no longer be waited for; answers which have.
  func wait() -> [Bool] {
    while true {
      let known = state.withLock { $0.deadline }
      let left = known.map { $0 - .now } ?? .seconds(86_400)
      let step: Step = state.awaitOutcome(atMost: left) { state in
        if state.hasEnded.allSatisfy({ $0 }) { return .over(hasEnded: state.hasEnded) }
        return state.deadline == known ? nil : .again
      } otherwise: { state in
        known == nil ? .again : .over(hasEnded: state.hasEnded)
      }
      if case .over(let hasEnded) = step { return hasEnded }
    }
  }
}

// OffloadPool: threads that exist to be blocked. They start when there is work and none is free, stay for
// some seconds without any, and end with their server.

import ApusEngine
import ApusRing

/// At most so many threads for work that blocks.
package final class OffloadPool: Sendable {
  /// Looking names up: apart, so that no long work of handlers' stops it.
  static let lookUps = OffloadPool(threads: 4)

  private struct State {
    var work = Queue<@Sendable () -> Void>()
    var threads = 0
    /// Threads that look for work: those that wait for some, and those that have just been started.
    var ready = 0
    /// Threads do not stay without work.
    var isEnding = false
  }

  private enum Next {
    case work(@Sendable () -> Void)
    case end
  }

  private let state = Condition(State())
  private let name: String
  private let most: Int
  private let idle: Duration

  package init(threads: Int, idle: Duration = OffloadConfiguration().idle, name: String = "offload") {
    precondition(threads > 0, "a pool of \(threads) threads")
    most = threads
    self.idle = idle
    self.name = name
  }

  /// Work is under way or waits.
  package var isBusy: Bool { state.withLock { $0.threads > $0.ready || !$0.work.isEmpty } }

  /// Threads, at work or waiting for some.
  package var threadCount: Int { state.withLock { $0.threads } }

  /// Any thread. False if `waitingLimit` pieces of work wait already and no thread is free or can be started:
  /// `work` is not taken then.
  @discardableResult
  package func add(waitingLimit: Int = .max, _ work: @escaping @Sendable () -> Void) -> Bool {
    enum Step { case refuses, waits, startsThread }
    let step: Step = state.withLock { state in
      let isFree = state.work.count < state.ready
      let canStart = state.threads < most
      guard isFree || canStart || state.work.count - state.ready < waitingLimit else { return .refuses }
      state.work.append(work)
      guard !isFree, canStart else { return .waits }
      state.threads += 1
      state.ready += 1
      return .startsThread
    }
    switch step {
    case .refuses: return false
    case .waits: state.tellOne()
    case .startsThread: CoreThread(name: "apus-\(name)", processor: nil) { self.run() }.detach()
    }
    return true
  }

  /// From now on threads end as soon as there is no work. Work that is given later is still done.
  package func end() {
    state.withLock { $0.isEnding = true }
    state.tellAll()
  }

  private func run() {
    while case .work(let work) = next() {
      work()
      state.withLock { $0.ready += 1 }
    }
  }

  /// The oldest piece of work, once there is one.
  private func next() -> Next {
    state.awaitOutcome(atMost: idle) { state in
      if let work = state.work.popFirst() {
        state.ready -= 1
        return .work(work)
      }
      return state.isEnding ? Self.end(&state) : nil
    } otherwise: {
      Self.end(&$0)
    }
  }

  private static func end(_ state: inout State) -> Next {
    state.threads -= 1
    state.ready -= 1
    return .end
  }
}

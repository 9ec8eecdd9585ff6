// Offload: where blocking work goes. A core that blocks serves nobody; these threads exist to be blocked.

import ApusEngine
import ApusRing

/// Runs `work` on a small pool of threads apart from all cores, and comes back to the caller's core with its result. For
/// calls that block or compute for long; up to four run at once, the others wait in order. It does not end early when the
/// task is cancelled.
///
/// - Parameter waitingLimit: As many pieces of work, of the whole process, may wait for a thread before this one. Who would come
///   behind more is refused at once: its answer would come too late for anybody.
/// - Throws: `OffloadRefused` beyond the limit, which answers 503 if the handler lets it through; what `work` throws.
public func offload<Value: Sendable>(
  waitingLimit: Int = 10_000, _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  precondition(waitingLimit >= 0, "\(waitingLimit) pieces of work may wait")
  return try await withCheckedThrowingContinuation { continuation in
    let isTaken = OffloadPool.handlers.add(waitingLimit: waitingLimit) {
      continuation.resume(with: Result(catching: work))
    }
    if !isTaken { continuation.resume(throwing: OffloadRefused(waitingLimit: waitingLimit)) }
  }
}

/// Too much work waited for ``offload(waitingLimit:_:)``; none of this piece was done.
public struct OffloadRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// The limit that was met.
  public let waitingLimit: Int

  /// A sentence for a log.
  public var description: String { "\(waitingLimit) pieces of offloaded work wait already" }
}

/// Threads that start when there is work for them and end when there has been none.
package final class OffloadPool: Sendable {
  /// What handlers offload.
  package static let handlers = OffloadPool(threads: 4)
  /// Looking names up: apart, so that no long work of handlers' stops it.
  static let lookUps = OffloadPool(threads: 4)

  private struct State {
    var work = Queue<@Sendable () -> Void>()
    var threads = 0
  }

  private let state = Lock(State())
  private let most: Int

  package init(threads: Int) { most = threads }

  /// Work is under way or waits.
  package var isBusy: Bool { state.withLock { $0.threads > 0 } }

  /// Any thread. False if `waitingLimit` pieces of work wait already and no thread can be started: `work` is not taken then.
  @discardableResult
  package func add(waitingLimit: Int = .max, _ work: @escaping @Sendable () -> Void) -> Bool {
    enum Step { case refuses, waits, startsThread }
    let step: Step = state.withLock { state in
      guard state.threads < most || state.work.count < waitingLimit else { return .refuses }
      state.work.append(work)
      guard state.threads < most else { return .waits }
      state.threads += 1
      return .startsThread
    }
    if step == .startsThread {
      CoreThread(name: "apus-offload", processor: nil) { self.run() }.detach()
    }
    return step != .refuses
  }

  private func run() {
    while let work = next() { work() }
  }

  /// The oldest piece of work; nil ends the thread.
  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      let work = state.work.popFirst()
      if work == nil { state.threads -= 1 }
      return work
    }
  }
}

// Offload: where blocking work goes. A core that blocks serves nobody; these threads exist to be blocked.

import ApusRing
import Synchronization

/// Runs `work` on a small pool of threads apart from all cores, and comes back to the caller's core with its result. For
/// calls that block or compute for long; up to four run at once, the others wait in order. It does not end early when the
/// task is cancelled.
public func offload<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
    OffloadPool.shared.add {
      do throws(Failure) { continuation.resume(returning: .success(try work())) } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  return try result.get()
}

/// Threads that start when there is work for them and end when there has been none.
final class OffloadPool: Sendable {
  static let shared = OffloadPool(threads: 4)

  private struct State {
    var work: [@Sendable () -> Void] = []
    var threads = 0
  }

  private let state = Mutex(State())
  private let most: Int

  init(threads: Int) { most = threads }

  /// Any thread.
  func add(_ work: @escaping @Sendable () -> Void) {
    let startsThread = state.withLock { state in
      state.work.append(work)
      guard state.threads < most else { return false }
      state.threads += 1
      return true
    }
    if startsThread { CoreThread(name: "apus-offload", processor: nil) { self.run() }.detach() }
  }

  private func run() {
    while let work = next() { work() }
  }

  /// The oldest piece of work; nil ends the thread.
  private func next() -> (@Sendable () -> Void)? {
    state.withLock { state in
      if state.work.isEmpty {
        state.threads -= 1
        return nil
      }
      return state.work.removeFirst()
    }
  }
}

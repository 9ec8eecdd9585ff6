// Offload: where blocking work goes. A core that blocks serves nobody; these threads exist to be blocked.

import ApusRing
import Synchronization

/// Runs `work` on a small pool of threads apart from all cores, and comes back to the caller's core with its result. For
/// calls that block or compute for long; up to four run at once, the others wait in order. It does not end early when the
/// task is cancelled. One waits for each suspended task, and no more.
public func offload<Value: Sendable, Failure: Error>(
  _ work: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
    OffloadPool.handlers.add {
      do throws(Failure) { continuation.resume(returning: .success(try work())) } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  return try result.get()
}

/// Threads that start when there is work for them and end when there has been none.
final class OffloadPool: Sendable {
  /// What handlers offload.
  static let handlers = OffloadPool(threads: 4)
  /// Looking names up: apart, so that no long work of handlers' stops it.
  static let lookUps = OffloadPool(threads: 4)

  private struct State {
    /// What stands before `position` was taken; forgotten by halves, so that each piece is moved once.
    private var work: [(@Sendable () -> Void)?] = []
    private var position = 0
    var threads = 0

    mutating func append(_ piece: @escaping @Sendable () -> Void) { work.append(piece) }

    mutating func popFirst() -> (@Sendable () -> Void)? {
      guard position < work.count else { return nil }
      let piece = work[position].take()
      position += 1
      if 2 * position >= work.count {
        work.removeFirst(position)
        position = 0
      }
      return piece
    }
  }

  private let state = Mutex(State())
  private let most: Int

  init(threads: Int) { most = threads }

  /// Any thread.
  func add(_ work: @escaping @Sendable () -> Void) {
    let startsThread = state.withLock { state in
      state.append(work)
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
      let work = state.popFirst()
      if work == nil { state.threads -= 1 }
      return work
    }
  }
}

// DrainSignal: tells handlers that the server has been told to end. One per core; may be read and waited for
// on any thread.

import ApusRing
import Synchronization

/// Whether the server has been told to end: it accepts no new connections, and requests in progress have
/// `Timeouts.drain` to end by themselves.
///
/// A handler gets it from its request, and may pass it to tasks and closures that cannot have the request.
public final class DrainSignal: Sendable {
  private struct State {
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    /// Waiters that were cancelled before they began to wait.
    var cancelled: Set<UInt64> = []
    var nextWaiter: UInt64 = 0
  }

  private let hasBegun = Atomic<Bool>(false)
  private let state = Lock(State())

  package init() {}

  /// For requests that are not on a core.
  package static let never = DrainSignal()

  /// Whether the drain has begun. One load.
  public var isDraining: Bool { hasBegun.load(ordering: .acquiring) }

  /// Returns when the drain begins; at once if it has begun.
  /// - Throws: `CancellationError` if the task is cancelled before.
  public func wait() async throws {
    let waiter = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { add($0, waiter) }
    } onCancel: {
      cancel(waiter)
    }
    state.withLock { _ = $0.cancelled.remove(waiter) }
    if !isDraining { throw CancellationError() }
  }

  /// The result of `work`, or nil if the drain began first: then its task was cancelled, and is waited for.
  ///
  /// ```swift
  /// router.get("/next") { request in
  ///   let news = try await request.drain.interrupting { try await board.next() }
  ///   return news.map { .text($0) } ?? .empty()
  /// }
  /// ```
  /// - Throws: The error of `work`; `CancellationError` if the task is cancelled.
  public func interrupting<Value: Sendable>(
    _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await work() }
      group.addTask {
        try await self.wait()
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  /// Begins the drain. To be called on the core.
  package func begin() {
    hasBegun.store(true, ordering: .releasing)
    let waiters = state.withLock { state in
      let waiters = Array(state.waiters.values)
      state.waiters = [:]
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func add(_ continuation: CheckedContinuation<Void, Never>, _ waiter: UInt64) {
    let waits = state.withLock { state in
      guard !isDraining, state.cancelled.remove(waiter) == nil else { return false }
      state.waiters[waiter] = continuation
      return true
    }
    if !waits { continuation.resume() }
  }

  private func cancel(_ waiter: UInt64) {
    let waiting = state.withLock { state in
      let waiting = state.waiters.removeValue(forKey: waiter)
      if waiting == nil { state.cancelled.insert(waiter) }
      return waiting
    }
    waiting?.resume()
  }
}

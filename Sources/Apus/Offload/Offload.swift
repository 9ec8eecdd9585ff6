// Offload: threads for work that blocks. A core that blocks serves no request; these threads may block.

/// Runs `work` on a thread apart from all cores, and comes back to the caller's core with its result. For
/// calls that block or compute for long. It does not end early when the task is cancelled.
///
/// A server has four such threads, its cores together, unless ``Server/Configuration/offload`` says
/// otherwise, and as many more for each name; they start when they are needed and stay for ten seconds
/// without work. Work that finds no free thread waits in order.
///
/// ```swift
/// let small = try await offload(on: "images") { shrink(picture) }
/// ```
///
/// - Parameters:
///   - pool: Its threads do nothing else, so that one kind of work does not wait for another. A literal:
///     there are 64 names at most, and what is beyond goes to the pool without a name.
///   - waitingLimit: How many pieces of work may wait for a thread of the pool before this one. If more wait,
///     this one is refused at once: its result would come too late.
/// - Throws: `OffloadRefused` beyond the limit, which is answered with 503 if the handler does not catch it;
///   and the errors of `work`.
public func offload<Value: Sendable>(
  on pool: String? = nil, waitingLimit: Int = 10_000, _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  precondition(waitingLimit >= 0, "\(waitingLimit) pieces of work may wait")
  let threads = OffloadPools.current.pool(pool)
  return try await withCheckedThrowingContinuation { continuation in
    let isTaken = threads.add(waitingLimit: waitingLimit) {
      continuation.resume(with: Result(catching: work))
    }
    if !isTaken { continuation.resume(throwing: OffloadRefused(waitingLimit: waitingLimit)) }
  }
}

/// Too much work waited for ``offload(on:waitingLimit:_:)``; none of this piece was done.
public struct OffloadRefused: Error, Equatable, Sendable, CustomStringConvertible {
  /// The limit that was met.
  public let waitingLimit: Int

  /// A sentence for a log.
  public var description: String { "\(waitingLimit) pieces of offloaded work wait already" }
}

extension OffloadRefused: ResponseError {
  /// 503.
  public var status: Status { .serviceUnavailable }
  /// The status and its reason as a line of text.
  public var response: Response { .plain(status) }
}

extension RelayRefusal: ResponseError {
  /// The reason why the request is refused.
  package var message: String { explanation }
  /// The status and its reason as a line of text.
  package var response: Response { .plain(status) }
}

// That the server ends, as its handlers see it.

public import ApusEngine

extension Request {
  /// Whether the server has been told to end (SIGTERM, ``RunningServer/drain()``). Read it on the core that
  /// the request came to, where handlers run.
  public var isDraining: Bool { Core.withCurrent { $0.exchanges.drain.isDraining } ?? false }

  /// Whether the server has been told to end, for code that waits for it or does not have the request: a long
  /// poll, another task.
  /// Valid beyond the request.
  ///
  /// ```swift
  /// router.get("/next") { request in
  ///   let news = try await request.drain.interrupting { try await board.next() }
  ///   return news.map { .text($0) } ?? .empty()
  /// }
  /// ```
  public var drain: DrainSignal { Core.current?.exchanges.drain ?? .never }
}

// Adding hooks to a router or a group.

public import ApusEngine

extension Router {
  /// Runs `body` before the handlers of this router, and of the groups in it, wherever they are added. The
  /// router of a server runs it for requests that no route matches, too.
  ///
  /// Hooks run in the order they were added, a router's before those of its groups. The first
  /// that answers ends the row.
  public mutating func before(_ body: @escaping @Sendable (borrowing Request) throws -> Response?) {
    hooks.append(.before(body))
  }

  /// Runs `body` on every answer of this router's routes, errors included; the router of a server on 404 and
  /// 405 too. Hooks run in the reverse order, a group's before those of the routers around it.
  public mutating func after(_ body: @escaping @Sendable (borrowing Request, inout Response) -> Void) {
    hooks.append(.after(body))
  }

  /// Runs `body` for every error of this router's routes, and lets it say the answer: what handlers, hooks
  /// and middleware throw, 405, 413, time-outs; the router of a server for 404 and 501 too. A group's runs
  /// before those of the routers around it, all of them before what runs `after`.
  ///
  /// ```swift
  /// router.onError { request, failure, response in
  ///   response = .text("\(failure.detail)\n", status: failure.status)
  /// }
  /// ```
  ///
  /// `response` has the error's fields, such as `Allow`: replace its content, or take them over.
  public mutating func onError(
    _ body: @escaping @Sendable (borrowing Request, RequestFailure, inout Response) -> Void
  ) {
    hooks.append(.onError(body))
  }

  /// Adds a hook that was made elsewhere: `router.add(.cors())`.
  public mutating func add(_ hook: Hook) { hooks.append(hook) }
}

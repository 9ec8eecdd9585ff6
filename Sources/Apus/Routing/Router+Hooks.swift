// Adding hooks to a router or a group.

public import ApusEngine

extension Router {
  /// Runs `body` before the handlers of this router, and of the groups in it, wherever they are added. The router of a
  /// server runs it for requests that no route matches, too.
  ///
  /// Hooks run in the order they were added, a router's before those of its groups. The first that answers ends the row.
  public mutating func before(_ body: @escaping @Sendable (borrowing Request) throws -> Response?) {
    hooks.append(.before(body))
  }

  /// Runs `body` on every answer of this router's routes, errors included; the router of a server on 404 and 405 too.
  /// Hooks run in the reverse order, a group's before those of the routers around it.
  public mutating func after(_ body: @escaping @Sendable (borrowing Request, inout Response) -> Void) {
    hooks.append(.after(body))
  }

  /// Adds a hook that was made elsewhere: `router.add(.cors())`.
  public mutating func add(_ hook: Hook) { hooks.append(hook) }
}

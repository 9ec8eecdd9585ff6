// HandlerList: a core's handlers by number, for the router, which calls one per request. A closure in an
// array is retained around its call, and one that was an optional or an argument of a generic function is
// called through two thunks: together 120 instructions per request.

/// Called for a request whose body, if any, is complete. Its captures may belong to the core alone.
package typealias CoreHandler = (borrowing Request) throws -> Response

/// Immutable. A call changes no reference counts.
@safe package final class HandlerList {
  /// A structure of its own, because an array of closures stores each behind a thunk and reads it through
  /// another.
  package struct Item {
    let handler: CoreHandler

    package init(_ handler: @escaping CoreHandler) { self.handler = handler }
  }

  /// Not copyable, so that a call borrows it in place.
  private struct Entry: ~Copyable {
    let handler: CoreHandler

    borrowing func answer(_ request: borrowing Request) throws -> Response { try handler(request) }
  }

  /// Safety: allocated and initialised in init, freed in deinit, reached below `count` only.
  private let entries: UnsafeMutablePointer<Entry>
  package let count: Int

  package init(_ handlers: [Item]) {
    count = handlers.count
    unsafe entries = .allocate(capacity: handlers.count)
    for index in handlers.indices {
      unsafe (entries + index).initialize(to: Entry(handler: handlers[index].handler))
    }
  }

  deinit {
    unsafe entries.deinitialize(count: count)
    unsafe entries.deallocate()
  }

  /// Lets the handler respond.
  package func call(_ index: Int, _ request: borrowing Request) throws -> Response {
    precondition(index >= 0 && index < count, "handler \(index) of \(count)")
    return try unsafe entries[index].answer(request)
  }
}

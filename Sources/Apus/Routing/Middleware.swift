// Middleware: what stands around handlers and may suspend. A hook that need not suspend is the cheaper of
// the two: it forces no task.

public import ApusEngine

/// Sees each request before its handler and its answer after it, and may do without either.
///
/// ```swift
/// struct Retrying: Middleware {
///   func intercept(input: borrowing Request, next: Next) async throws -> Response {
///     do { return try await next(input) } catch is StoreBusy { return try await next(input) }
///   }
/// }
/// router.intercept(Retrying())
/// ```
///
/// It runs on the request's core, as asynchronous handlers do; hooks of the same router run outside it.
/// Around a streaming handler, `next` returns when that has ended, with an answer without content in place of
/// what was sent: its status can be looked at, a change comes too late. `next` may be called twice only where
/// the handler has not answered by itself.
public protocol Middleware: Sendable {
  /// The function that calls the rest: further middleware, and the handler. It has an alias because a module
  /// that is compiled without `NonisolatedNonsendingByDefault` would read the written type as another one.
  typealias Next = (borrowing Request) async throws -> Response

  /// Answers, mostly with what `next` answers.
  func intercept(input: borrowing Request, next: Next) async throws -> Response
}

/// A middleware as what it does to a handler. Made where its type is known, so that its `intercept` is called
/// directly; a structure, as an array of closures keeps each, and what it returns, behind a thunk.
struct Wrapper: Sendable {
  let wrap: @Sendable (@escaping AsynchronousHandler) -> AsynchronousHandler
}

extension Router {
  /// Puts a middleware around every handler of this router and its groups, wherever they are added; the first
  /// is outermost. It makes a task of synchronous handlers, too. Answers that no handler makes (404, 405,
  /// files) are not seen: hooks are.
  public mutating func intercept(_ middleware: some Middleware) {
    wrappers.append(
      Wrapper { next in { request in try await middleware.intercept(input: request, next: next) } })
  }
}

extension [Wrapper] {
  func around(_ handler: @escaping AsynchronousHandler) -> AsynchronousHandler {
    // Not by `reduce`: it would hand the handler back behind two thunks, each with a frame
    // and a copy of the request.
    var wrapped = handler
    for wrapper in reversed() { wrapped = wrapper.wrap(wrapped) }
    return wrapped
  }
}

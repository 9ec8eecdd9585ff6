// Surroundings: what stands around one route on one core: its hooks, and what becomes of its errors. Handlers
// that answer in place are called through it; what answers later, a task or a relay, takes its rules along.

import ApusEngine
import ApusWire

/// For its core's thread.
final class Surroundings {
  private let chain: HookChain
  let errors: RouteErrors
  /// For answers that are given later, and for those in place.
  let rules: AnswerRules

  /// - Parameter pattern: the route's, as it was written; nil for requests that no route matches.
  init(_ chain: HookChain, pattern: String?, _ reporter: ErrorReporter) {
    self.chain = chain
    let errors = RouteErrors(chain.onError, pattern, reporter)
    self.errors = errors
    rules = AnswerRules(
      changes: chain.after, answerLimit: chain.answerLimit,
      tell: { (error: any Error, request: borrowing Request, status: Status, hasBegun: Bool) in
        errors.tell(error, request, status, hasBegun: hasBegun)
      },
      refuse: { (error: any Error, given: Response?, request: borrowing Request) in
        errors.shape(given ?? Response(answering: error), of: error, request)
      })
  }

  /// The handler within its hooks; one that has none is called as if there were nothing here.
  func around(_ handler: @escaping CoreHandler) -> CoreHandler {
    chain.isEmpty ? handler : { (request: borrowing Request) in self.respond(to: request, handler) }
  }

  /// Answers with the first hook that has an answer, otherwise with `handler`, and lets the others change it.
  func respond(to request: borrowing Request, _ handler: CoreHandler) -> Response {
    guard let identity = chain.identity else { return respondWithin(request, handler) }
    return respondWithin(request.identified(by: identity), handler)
  }

  private func respondWithin(_ request: borrowing Request, _ handler: CoreHandler) -> Response {
    var response: Response
    do {
      response = try answer(request) ?? handler(request)
    } catch {
      response = errors.refuse(error, request)
    }
    // The answer of a handler that has suspended passes the rules when it is given.
    if response.exchange == nil { rules.settle(&response, request) }
    return response
  }

  private func answer(_ request: borrowing Request) throws -> Response? {
    for hook in chain.before {
      if let response = try hook(request) { return response }
    }
    return nil
  }

  /// Shows the hooks the outcome of a request that no handler has seen and that is not answered.
  func settle(_ response: inout Response, _ request: borrowing Request) {
    if let identity = chain.identity {
      rules.settle(&response, request.identified(by: identity))
    } else {
      rules.settle(&response, request)
    }
  }
}

// Tier: how a route's handler runs. Whatever it is, a core calls one kind of closure,
// made when the core starts.

import ApusEngine
import ApusWire

/// A handler of one of the three tiers.
enum Tier: Sendable {
  case synchronous(SynchronousHandler)
  case asynchronous(AsynchronousHandler)
  case streaming(StreamingHandler)
  /// Handed on to another server, without a task unless something wraps it.
  case relayed(RelayPlan)

  /// The handler that a core calls. A synchronous handler stays as it is; within wrappers it becomes a task.
  /// - Parameter rules: The rules for responses that are given later.
  func handler(within wrappers: [Wrapper], _ rules: AnswerRules) -> CoreHandler {
    switch self {
    case .synchronous(let handler):
      guard !wrappers.isEmpty else { return handler }
      return Self.starting(wrappers.around { request in try handler(request) }, rules)
    case .asynchronous(let handler):
      return Self.starting(wrappers.isEmpty ? handler : wrappers.around(handler), rules)
    case .streaming(let handler):
      return Self.streaming(handler, wrappers, rules)
    case .relayed(let plan):
      return Self.relaying(plan, wrappers, rules)
    }
  }

  private static func relaying(
    _ plan: RelayPlan, _ wrappers: [Wrapper], _ rules: AnswerRules
  ) -> CoreHandler {
    guard !wrappers.isEmpty else {
      return { (request: borrowing Request) in try core.relay(request, plan, rules) }
    }
    return { (request: borrowing Request) in
      core.stream(
        request, rules,
        { (request: borrowing Request, exchange: Exchange) in
          let wrapped = wrappers.around { request in
            if let answer = await core.relay(request, exchange, plan) { return answer }
            return try sent(exchange)
          }
          let answer = try await wrapped(request)
          if exchange.sentStatus == nil { exchange.finishRelay(with: answer) }
        })
    }
  }

  private static func starting(_ handler: @escaping AsynchronousHandler, _ rules: AnswerRules) -> CoreHandler
  {
    let endpoint = AsynchronousEndpoint(handler, rules)
    return { (request: borrowing Request) in
      guard let answer = Core.withCurrent({ $0.answer(request, endpoint) }) else {
        preconditionFailure("a handler that may suspend is started on a core only")
      }
      return answer
    }
  }

  private static func streaming(
    _ handler: @escaping StreamingHandler, _ wrappers: [Wrapper], _ rules: AnswerRules
  ) -> CoreHandler {
    guard !wrappers.isEmpty else {
      return { (request: borrowing Request) in
        core.stream(
          request, rules,
          { (request: borrowing Request, exchange: Exchange) in
            let held = HeldExchange(exchange)
            var body = BodyReader(held: held)
            try await handler(request, &body, ResponseSender(held: held))
          })
      }
    }
    return { (request: borrowing Request) in
      core.stream(
        request, rules,
        { (request: borrowing Request, exchange: Exchange) in
          // The wrappers see a response without content in place of the one that has been sent already.
          let wrapped = wrappers.around { request in
            let held = HeldExchange(exchange)
            var body = BodyReader(held: held)
            try await handler(request, &body, ResponseSender(held: held))
            return try sent(exchange)
          }
          let answer = try await wrapped(request)
          if exchange.sentStatus == nil { exchange.send(answer) }
        })
    }
  }

  /// The response that has been sent, without its content. It is a fault if a handler ends without one.
  private static func sent(_ exchange: Exchange) throws(AnswerError) -> Response {
    guard let status = exchange.sentStatus else { throw .unfinished }
    return .empty(status)
  }

  private static var core: Core {
    guard let core = Core.current else {
      preconditionFailure("a handler that may suspend is started on a core only")
    }
    return core
  }
}

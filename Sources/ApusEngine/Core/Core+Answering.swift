// Requests whose answers come later: handed to a task, to a handler that reads and writes as the bytes
// flow, or to another server.

import ApusWire

extension Core {
  /// Hands a request to a task. What comes back is its answer, or stands for it.
  @inline(__always)
  package func answer(_ request: borrowing Request, _ endpoint: AsynchronousEndpoint) -> Response {
    exchanges.answer(request, endpoint)
  }

  /// Hands a request to a handler that reads the body itself and writes its answer as it comes. What comes
  /// back always stands for the answer.
  package func stream(
    _ request: borrowing Request, _ rules: AnswerRules, _ handler: @escaping ExchangeHandler
  ) -> Response {
    exchanges.stream(request, rules, handler)
  }

  /// Hands a request on to another server. What comes back stands for the answer.
  ///
  /// Cost: a copy of the head, and another of its lines as the server gets them.
  package func relay(
    _ request: borrowing Request, _ plan: RelayPlan, _ rules: AnswerRules
  ) throws -> Response {
    if let answer = try plan.ownAnswer(request) { return answer }
    guard relays.hasRoom else { throw RelayFailure.noConnectionFree }
    let exchange = exchanges.claim()
    exchange.copy.take(request)
    exchange.adopt(rules)
    exchange.beginRelaying(request)
    _ = relays.start(exchange, request, plan, client)
    return Response(pending: exchange)
  }

  /// The same inside a streaming handler's task, which waits until the answer was given or given up. `nil`,
  /// or what to answer in its place; then it may be called again, unless the body has gone.
  package func relay(_ request: borrowing Request, _ exchange: Exchange, _ plan: RelayPlan) async -> Response?
  {
    do throws(RelayRefusal) {
      if let answer = try plan.ownAnswer(request) { return answer }
    } catch {
      exchange.substitute = RelaySubstitute(error, error.status)
      return exchange.substitute?.response
    }
    if exchange.bodyWasTaken { return failedBefore(exchange).response }
    exchange.substitute = nil
    if relays.hasRoom {
      await relays.awaitEnd(relays.start(exchange, request, plan, client))
    } else {
      exchange.substitute = RelaySubstitute(RelayFailure.noConnectionFree, .serviceUnavailable)
    }
    return exchange.substitute?.response
  }

  /// The failure that stands in place of an answer stays: the body is not there for another attempt.
  private func failedBefore(_ exchange: Exchange) -> RelaySubstitute {
    let substitute =
      exchange.substitute
      ?? RelaySubstitute(RelayFailure.connectionLost, RelayFailure.connectionLost.status)
    exchange.substitute = substitute
    return substitute
  }
}

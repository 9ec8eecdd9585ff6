// Requests whose responses come later: a task, a streaming handler or another server makes them.

import ApusWire

extension Core {
  /// Passes a request to a task. The result is its response or a placeholder for it.
  @inline(__always)
  package func answer(_ request: borrowing Request, _ endpoint: AsynchronousEndpoint) -> Response {
    exchanges.answer(request, endpoint)
  }

  /// Passes a request to a handler that reads the body itself and streams its response. The result is always
  /// a placeholder for the response.
  package func stream(
    _ request: borrowing Request, _ rules: AnswerRules, _ handler: @escaping ExchangeHandler
  ) -> Response {
    exchanges.stream(request, rules, handler)
  }

  /// Forwards a request to another server. The result is a placeholder for the response.
  ///
  /// Cost: a copy of the head, and another of its lines as they are forwarded.
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

  /// As `relay` above, inside a streaming handler's task, which waits until the relay has ended. Returns nil,
  /// or the response to give instead; then it may be called again, unless the body is gone.
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

  /// Keeps the failure of an earlier attempt: the body is not here for another one.
  private func failedBefore(_ exchange: Exchange) -> RelaySubstitute {
    let substitute =
      exchange.substitute
      ?? RelaySubstitute(RelayFailure.connectionLost, RelayFailure.connectionLost.status)
    exchange.substitute = substitute
    return substitute
  }
}

// The response: its field lines are copied from the server's head directly into the client's send buffer.
// A short response that is whole is sent at once, with a length, however the server framed it; any other is
// streamed, and a slow client slows the server.

import ApusRing
import ApusWire

extension RelayTable {
  /// The response's head has arrived.
  func answer(_ step: RelayStep, _ table: inout ConnectionTable) {
    let call = relays[step.index].call
    let copy = step.core.table.response(call)
    if copy.head.switchesProtocol { return beginTunnel(step, &table) }
    if step.exchange.copy.head.method != .head,
      step.core.table.isWhole(call, within: table.limits.copiedBodyBytes)
    {
      return answerAtOnce(step, copy, &table)
    }
    let length = copy.announcedCount(step.exchange)
    do {
      try step.exchange.start(response(step.index, step.exchange, copy, .none), length: length)
    } catch {
      return end(step)
    }
    if length == nil { noteEvents(step.index, step.exchange, copy) }
    relays[step.index].phase = .answering
    pumpAnswer(step, &table)
  }

  private func answerAtOnce(_ step: RelayStep, _ copy: ResponseCopy, _ table: inout ConnectionTable) {
    didAnswer(step.index)
    letGo(step.index, step.exchange)
    deliver(step, copy, &table)
    leaveServer(step.index, step.core)
    free(step.index)
    // The next request may be waiting behind this one: it finds the connection free.
    table.takeUpWaiting(step.seat)
  }

  /// A function of its own, so that no reference to the content is left when its memory is released.
  private func deliver(_ step: RelayStep, _ copy: ResponseCopy, _ table: inout ConnectionTable) {
    let answer = response(
      step.index, step.exchange, copy, step.core.table.wholeContent(relays[step.index].call))
    step.exchange.sentStatus = answer.status
    table.give(answer, of: step.exchange, step.seat)
  }

  /// The server's response. Rules that change responses get a copy that they may keep.
  private func response(
    _ index: Index<Relay>, _ exchange: Exchange, _ copy: ResponseCopy, _ body: consuming Response.Body
  ) -> Response {
    if exchange.changesAnswers {
      return Response(status: copy.head.status, fields: copy.relayedFields, body: body)
    }
    let extras: Response.Extras
    if let kept = relays[index].answer, kept.relayed === copy {
      extras = kept
    } else {
      extras = Response.Extras(relaying: copy)
      relays[index].answer = extras
    }
    return Response(copy.head.status, relaying: extras, body: body)
  }

  private func didAnswer(_ index: Index<Relay>) {
    routes[relays[index].route].plan.servers[relays[index].server].didAnswer()
  }

  /// Forwards what has arrived, while there is room for it.
  func pumpAnswer(_ step: RelayStep, _ table: inout ConnectionTable) {
    guard pumpBody(step, &table) else { return }
    let call = relays[step.index].call
    step.exchange.pool.list(step.exchange)
    // The client wants no more of the response.
    guard !step.exchange.outflow.wasEnded else { return end(step) }
    if endsBetweenEvents(step.index, step.exchange) { return endEvents(step) }
    while step.exchange.outflow.isRoomy {
      switch step.core.table.nextContent(call) {
      case .chunk(let chunk):
        step.core.noteWork()
        if give(chunk, step.index, step.exchange) { return endEvents(step) }
      case .end:
        didAnswer(step.index)
        do { try step.exchange.finish(trailers: step.core.table.trailers(call)) } catch {
          step.exchange.abort()
        }
        return end(step)
      case .failed(let failure):
        let plan = routes[relays[step.index].route].plan
        if failure.blamesServer {
          plan.servers[relays[step.index].server].didFail(plan, at: step.core.table.tick)
        }
        let cause = RelayFailure(failure)
        return refuse(step, cause == .answerTimeout ? cause : .brokenOff, &table)
      case .later:
        // The time of the next event is unknown: a quiet event stream is not a late response.
        if step.exchange.endless != .no {
          step.core.table.postponeIdle(call, routes[relays[step.index].route].plan.tunnelIdleTicks)
        }
        step.core.table.watch(call, waiter(step.index))
        return
      }
    }
    step.exchange.outflow.waiter = waiter(step.index)
  }

  /// No response comes, or no more of it. The client gets the error's response if no head was sent yet, else
  /// a reset. A task that wraps the relay instead responds with `status`, responds otherwise, or retries.
  func giveUp(_ index: Index<Relay>, _ exchange: Exchange, _ error: any Error, _ status: Status) {
    guard !exchange.outflow.headIsWritten else {
      exchange.tell(error)
      return exchange.abort()
    }
    exchange.outflow.drop()
    exchange.outflow.head = nil
    exchange.outflow.state = .none
    exchange.sentStatus = nil
    if relays[index].end.isWaiting {
      exchange.substitute = RelaySubstitute(error, status)
    } else {
      exchange.send(exchange.refuse(error))
    }
  }

  /// Forwards interim responses to clients that know them (RFC 9110 section 15.2).
  func passInterims(_ step: RelayStep, _ table: inout ConnectionTable) {
    let call = relays[step.index].call
    guard step.core.table.hasInterimHeads(call) else { return }
    let heads = step.core.table.takeInterimHeads(call)
    switch step.exchange.copy.head.version {
    case .http10: break
    case .http11: if step.exchange.outflow.state == .none { table.sendInterim(heads.span, step.seat) }
    }
  }
}

extension ResponseCopy {
  /// The value of `Content-Length`; nil where content is impossible or its length unknown.
  fileprivate func announcedCount(_ exchange: Exchange) -> UInt64? {
    if head.status.forbidsContent { return nil }
    if exchange.copy.head.method == .head { return announcedLength }
    return switch head.framing {
    case .none: 0
    case .length(let count): count
    case .chunked, .untilClose: nil
    }
  }

  /// The value of the field, which the parser has checked.
  private var announcedLength: UInt64? {
    guard let slice = firstValue(of: "content-length", in: bytes, fields: fields) else { return nil }
    let digits = bytes[slice]
    var value: UInt64 = 0
    for index in digits.indices {
      guard digits[index] >= 0x30, digits[index] < 0x3A else { return nil }
      value = value &* 10 &+ UInt64(digits[index] - 0x30)
    }
    return value
  }

  /// The field lines that are forwarded, as fields.
  var relayedFields: [ResponseField] {
    let lines = fields
    let bytes = bytes
    var list: [ResponseField] = []
    for index in lines.indices where Response.Extras.relayedFields.keeps(bytes, lines, index) {
      let field = ResponseField(
        name: String(lending: bytes[lines[index].name]), value: String(lending: bytes[lines[index].value]))
      if let field { list.append(field) }
    }
    return list
  }
}

// The answer: its lines are copied from where the server's head lies straight behind what is queued for the
// client. One that is whole and short leaves at once, with a length, however the server framed it; any other
// flows, and stops the server when the client is slow.

import ApusRing
import ApusWire

extension RelayTable {
  /// The head is here.
  func answer(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let call = relays[index].call
    let copy = core.table.response(call)
    if copy.head.switchesProtocol { return beginTunnel(index, exchange, slot, &table, core) }
    if exchange.copy.head.method != .head, core.table.isWhole(call, within: table.limits.copiedBodyBytes) {
      return answerAtOnce(index, exchange, slot, copy, &table, core)
    }
    let length = copy.announcedCount(exchange)
    do {
      try exchange.start(response(index, exchange, copy, .none), length: length)
    } catch {
      return end(index, exchange, core)
    }
    if length == nil { noteEvents(index, exchange, copy) }
    relays[index].phase = .answering
    pumpAnswer(index, exchange, &table, core)
  }

  private func answerAtOnce(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ copy: ResponseCopy,
    _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    didAnswer(index)
    letGo(index, exchange)
    deliver(index, exchange, slot, copy, &table, core)
    leaveServer(index, core)
    free(index)
    // What waits behind the request may be the next one: it finds the connection free.
    table.goOn(slot)
  }

  /// Apart, so that nobody refers to the content any more when its memory is given back.
  private func deliver(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ copy: ResponseCopy,
    _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let answer = response(index, exchange, copy, core.table.wholeContent(relays[index].call))
    exchange.sentStatus = answer.status
    table.give(answer, of: exchange, slot)
  }

  /// The server's answer. Whoever changes answers is shown a copy that it may keep.
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

  /// Hands on what has come, while there is room for it.
  func pumpAnswer(
    _ index: Index<Relay>, _ exchange: Exchange, _ table: inout ConnectionTable, _ core: CoreClient
  ) {
    guard pumpBody(index, exchange, &table, core) else { return }
    let call = relays[index].call
    exchange.pool.list(exchange)
    // Its client wants no more of it.
    guard !exchange.outflow.wasEnded else { return end(index, exchange, core) }
    if endsBetweenEvents(index, exchange) { return endEvents(index, exchange, core) }
    while exchange.outflow.isRoomy {
      switch core.table.nextContent(call) {
      case .chunk(let chunk):
        core.noteWork()
        if give(chunk, index, exchange) { return endEvents(index, exchange, core) }
      case .end:
        didAnswer(index)
        do { try exchange.finish(trailers: core.table.trailers(call)) } catch { exchange.abort() }
        return end(index, exchange, core)
      case .failed(let failure):
        let plan = routes[relays[index].route].plan
        if failure.blamesServer {
          plan.servers[relays[index].server].didFail(plan, at: core.table.tick)
        }
        let cause = RelayFailure(failure)
        return refuse(index, exchange, cause == .answerTimeout ? cause : .brokenOff, &table, core)
      case .later:
        // Nobody knows when the next event is: a quiet stream of them is no late answer.
        if exchange.endless != .no {
          core.table.postponeIdle(call, routes[relays[index].route].plan.tunnelIdleTicks)
        }
        core.table.watch(call, waiter(index))
        return
      }
    }
    exchange.outflow.waiter = waiter(index)
  }

  /// There will be no answer, or no more of it: that of the error in its place while its head is not
  /// on its way, else a reset. A task that stands around the relay gives one with `status`, or
  /// another, or tries again.
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

  /// Interim answers go on to clients that know them (RFC 9110 section 15.2).
  func passInterims(
    _ call: Index<ClientExchange>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    guard core.table.hasInterimHeads(call) else { return }
    let heads = core.table.takeInterimHeads(call)
    switch exchange.copy.head.version {
    case .http10: break
    case .http11: if exchange.outflow.state == .none { table.sendInterim(heads.span, slot) }
    }
  }
}

extension ResponseCopy {
  /// What `Content-Length` says; nil where there is no content by itself, or nobody knows how much.
  fileprivate func announcedCount(_ exchange: Exchange) -> UInt64? {
    if head.status.forbidsContent { return nil }
    if exchange.copy.head.method == .head { return announcedLength }
    return switch head.framing {
    case .none: 0
    case .length(let count): count
    case .chunked, .untilClose: nil
    }
  }

  /// As the field has it, which the parser has checked.
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

  /// The lines that are handed on, as fields.
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

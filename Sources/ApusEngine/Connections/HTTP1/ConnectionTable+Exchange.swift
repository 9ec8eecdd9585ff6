// Responses that come later: a connection waits for its handler's task, sends its response, or cancels it.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// The handler of the request that was just parsed has suspended.
  @inline(never)
  mutating func wait(for exchange: Exchange, hasBody: Bool = false, _ slot: Slot) {
    let intake = claimIntake(slot)
    // A reused intake still has its last request's decoder.
    if !hasBody { intakes[intake].decoder = BodyDecoder(.none) }
    intakes[intake].exchange = exchange
    exchange.attach(ExchangeSeat(slot), at: tick)
    if exchange.isStreaming { exchange.outflow.roomyBytes = limits.unsentAnswerBytes }
    connections[slot].phase = .handling
    setPhaseDeadline(slot)
    lookLater(slot)
    markDirty(slot)
    // The task's actions before it suspended are handled with those of other exchanges.
    if exchange.isStreaming, exchange.wantsService { exchanges.list(exchange) }
  }

  /// The exchange that the connection waits for, if any.
  mutating func exchange(_ slot: Slot) -> Exchange? {
    let intake = connections[slot].intake
    return intake == .none ? nil : intakes[intake].exchange
  }

  /// Performs what the exchange's task, relay or streams ask for.
  mutating func serve(_ exchange: Exchange, _ slot: Slot) {
    guard exchange.isStreaming else {
      if exchange.isFinished { finish(exchange, exchange.takeResponse(), slot) }
      return
    }
    // The other protocol's bytes begin after the head of the 101 response.
    if exchange.isUpgraded, !exchange.outflow.headIsWritten { pump(exchange, slot) }
    serveReader(exchange, slot)
    guard exchange.seat?.slot == slot else { return }
    if exchange.outflow.state == .aborted { abortAnswer(exchange, slot) }
    switch exchange.outflow.state {
    case .none, .aborted: break
    case .whole:
      if let response = exchange.outflow.whole.take() { finish(exchange, response, slot) }
    case .streaming, .finished: pump(exchange, slot)
    }
  }

  /// The handler has given its whole response at once.
  private mutating func finish(_ exchange: Exchange, _ response: Response, _ slot: Slot) {
    give(response, of: exchange, slot)
    takeUpWaiting(slot)
  }

  /// Sends the response and releases the exchange, which is not used after this.
  mutating func give(_ given: Response, of exchange: Exchange, _ slot: Slot) {
    var response = given
    exchange.settle(&response)
    let copy = exchange.copy
    parseAgain(copy)
    connections[slot].phase = .idle
    if isReadingBody(slot) {
      finishUnread(exchange, response, slot)
    } else {
      deliver(response, copy.bytes, closing: exchange.outflow.closeReason, slot)
      if exchange.outflow.closeReason != nil { connections[slot].flags.insert(.lingers) }
    }
    detach(slot)
    release(exchange)
  }

  /// Continues with the bytes that wait behind a request that has its response.
  mutating func takeUpWaiting(_ slot: Slot) {
    consumeWaiting(slot)
    tidyIntake(slot)
    closeIfPeerFinished(slot)
  }

  /// The response did not wait for the end of the body: a small rest is dropped, a large one ends the
  /// connection.
  private mutating func finishUnread(_ exchange: Exchange, _ response: Response, _ slot: Slot) {
    connections[slot].flags.remove(.isBulk)
    let mayDrop =
      limits.copies(response.body) && mayDropRest(exchange, slot) && exchange.outflow.closeReason == nil
    let copy = exchange.copy
    deliver(
      response, copy.bytes, closing: mayDrop ? nil : exchange.outflow.closeReason ?? .unreadBody, slot)
    guard mayDrop, connections[slot].phase == .idle else {
      connections[slot].flags.insert(.lingers)
      return
    }
    beginDropping(slot)
  }

  /// The rest of the unread body is being sent already, and is small as far as its length is known.
  mutating func mayDropRest(_ exchange: Exchange, _ slot: Slot) -> Bool {
    let left = intakes[connections[slot].intake].decoder.remainingContent ?? 0
    return !exchange.inflow.owesContinue && left <= UInt64(limits.unreadBodyBytes)
  }

  /// Drops the rest of the present body as it arrives.
  mutating func beginDropping(_ slot: Slot) {
    let intake = connections[slot].intake
    connections[slot].phase = .dropping
    intakes[intake].progress.begin(at: tick)
    setPhaseDeadline(slot)
  }

  /// Restores `head`, which other requests have used since. Only the log needs the fields too.
  mutating func parseAgain(_ copy: RequestCopy) {
    head = copy.head
    role = copy.role
    if role.isSecured { currentSecurity = copy.security }
    writer.select(isSecured: role.isSecured)
    arrivedAt = copy.arrivedAt
    guard accessLog != nil else { return }
    let outcome = parser.parse(copy.bytes, into: &head, fields: &fields)
    precondition(outcome == .complete, "a head that was complete parses as \(outcome)")
  }

  /// The connection no longer waits for the exchange.
  mutating func detach(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intake != .none, let exchange = intakes[intake].exchange.take() else { return }
    exchange.leave()
  }

  /// Releases the exchange now if its handler has ended; otherwise that happens when it ends.
  mutating func release(_ exchange: Exchange) {
    if exchange.isFinished { exchanges.release(exchange) }
  }

  /// The connection ends or responds by itself: the task is cancelled and its response will be dropped.
  mutating func abandonExchange(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intake != .none, let exchange = intakes[intake].exchange.take() else { return }
    connections[slot].flags.remove(.isBulk)
    if exchange.outflow.headIsWritten { noteStreamEnd(exchange, isCut: true, slot) }
    exchange.abandon()
    // Its handler may have ended before.
    release(exchange)
  }
}

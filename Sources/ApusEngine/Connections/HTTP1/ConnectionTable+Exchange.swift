// Answers that come later: a connection waits for its handler's task, takes the answer, or gives the task up.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// The handler of the request that was just parsed has suspended.
  @inline(never)
  mutating func wait(for exchange: Exchange, hasBody: Bool = false, _ slot: Slot) {
    let intake = claimIntake(slot)
    // An intake keeps what its last tenant decoded.
    if !hasBody { intakes[intake].decoder = BodyDecoder(.none) }
    intakes[intake].exchange = exchange
    exchange.attach(ExchangeSeat(slot), at: tick)
    if exchange.isStreaming { exchange.outflow.roomyBytes = limits.unsentAnswerBytes }
    connections[slot].phase = .handling
    setPhaseDeadline(slot)
    lookLater(slot)
    markDirty(slot)
    // What it did before it suspended is worked off with the rest.
    if exchange.isStreaming, exchange.wantsService { exchanges.list(exchange) }
  }

  /// The exchange that the connection waits for.
  mutating func exchange(_ slot: Slot) -> Exchange? {
    let intake = connections[slot].intake
    return intake == .none ? nil : intakes[intake].exchange
  }

  /// Does what its task, its relay or its streams ask for.
  mutating func serve(_ exchange: Exchange, _ slot: Slot) {
    guard exchange.isStreaming else {
      if exchange.isFinished { finish(exchange, exchange.takeResponse(), slot) }
      return
    }
    // The other protocol's bytes begin behind the head of 101.
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

  /// The handler has answered in one piece.
  private mutating func finish(_ exchange: Exchange, _ response: Response, _ slot: Slot) {
    give(response, of: exchange, slot)
    takeUpWaiting(slot)
  }

  /// Answers, and lets go of the exchange: nothing of it is used any more.
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

  /// What waits behind a request that was answered.
  mutating func takeUpWaiting(_ slot: Slot) {
    consumeWaiting(slot)
    tidyIntake(slot)
    closeIfPeerFinished(slot)
  }

  /// The answer did not wait for the end of the body: the rest is dropped if it is small,
  /// else the connection ends.
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

  /// What is left of a body that nobody reads is on its way, and short as far as is known.
  mutating func mayDropRest(_ exchange: Exchange, _ slot: Slot) -> Bool {
    let left = intakes[connections[slot].intake].decoder.remainingContent ?? 0
    return !exchange.inflow.owesContinue && left <= UInt64(limits.unreadBodyBytes)
  }

  /// The rest of the body that is under way is dropped as it comes.
  mutating func beginDropping(_ slot: Slot) {
    let intake = connections[slot].intake
    connections[slot].phase = .dropping
    intakes[intake].progress.begin(at: tick)
    setPhaseDeadline(slot)
  }

  /// `head` is the exchange's again: others have used it since. Only the log wants the fields, too.
  mutating func parseAgain(_ copy: RequestCopy) {
    head = copy.head
    role = copy.role
    arrivedAt = copy.arrivedAt
    guard accessLog != nil else { return }
    let outcome = parser.parse(copy.bytes, into: &head, fields: &fields)
    precondition(outcome == .complete, "a head that was complete parses as \(outcome)")
  }

  /// The connection waits for the exchange no longer.
  mutating func detach(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intake != .none, let exchange = intakes[intake].exchange.take() else { return }
    exchange.leave()
  }

  /// Gives the exchange back, now or when its handler has ended.
  mutating func release(_ exchange: Exchange) {
    if exchange.isFinished { exchanges.release(exchange) }
  }

  /// The connection ends, or answers by itself: the task is cancelled, its answer will be dropped.
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

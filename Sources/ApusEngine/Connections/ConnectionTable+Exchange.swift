// Answers that come later: a connection waits for its handler's task, takes the answer, or gives the task up.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// The handler of the request that was just parsed has suspended.
  @inline(never)
  mutating func wait(for exchange: Exchange, _ slot: Slot) {
    let intake = claimIntake(slot)
    intakes[intake].exchange = exchange
    exchange.attach(slot, at: tick)
    connections[Int(slot)].phase = .handling
    setPhaseDeadline(slot)
    markDirty(slot)
  }

  /// The exchange that the connection waits for.
  mutating func exchange(_ slot: Slot) -> Exchange? {
    let intake = connections[Int(slot)].intake
    return intake == Connection.none ? nil : intakes[intake].exchange
  }

  /// Works off what tasks have done since the last turn.
  mutating func takeChangedExchanges() {
    for exchange in executor.takeChanged() {
      guard let slot = exchange.slot else {
        if exchange.isFinished { executor.release(exchange) }
        continue
      }
      if exchange.isFinished { finish(exchange, slot) }
    }
  }

  /// The handler has answered.
  private mutating func finish(_ exchange: Exchange, _ slot: Slot) {
    let intake = connections[Int(slot)].intake
    intakes[intake].exchange = nil
    let copy = exchange.copy
    // Others have used the scratch since; only the log wants the fields again.
    head = copy.head
    if accessLog != nil {
      let outcome = parser.parse(copy.bytes, into: &head, fields: &fields)
      precondition(outcome == .complete, "a head that was complete parses as \(outcome)")
    }
    connections[Int(slot)].phase = .idle
    deliver(exchange.takeResponse(), copy.bytes, slot)
    executor.release(exchange)
    consumeWaiting(slot)
    tidyIntake(slot)
    closeIfPeerFinished(slot)
  }

  /// The connection ends, or answers by itself: the task is cancelled, its answer will be dropped.
  mutating func abandonExchange(_ slot: Slot) {
    let intake = connections[Int(slot)].intake
    guard intake != Connection.none, let exchange = intakes[intake].exchange.take() else { return }
    exchange.abandon()
  }
}

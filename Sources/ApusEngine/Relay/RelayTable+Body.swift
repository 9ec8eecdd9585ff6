// The request's body: a short one taken in whole, behind the head that was written already; any other handed
// on as it comes, a piece at a time, so that a slow server makes its client slow.

import ApusWire

extension RelayTable {
  /// Takes in what has come; asks once it is whole.
  func collect(_ step: RelayStep) {
    while let chunk = step.exchange.inflow.next() {
      step.exchange.bodyWasTaken = true
      _ = relays[step.index].message?.append(chunk.bytes)
    }
    switch step.exchange.inflow.ending {
    case .whole: ask(step.index, step.core)
    case .failed(let error): didLoseBody(step, error)
    case nil:
      step.exchange.inflow.waiter = waiter(step.index)
      step.exchange.pool.list(step.exchange)
    }
  }

  /// Hands on what has come, as far as the connection has taken what went before. False if
  /// the relay has ended by it.
  func pumpBody(_ step: RelayStep, _ table: inout ConnectionTable)
    -> Bool
  {
    guard relays[step.index].flags.isSuperset(of: .streams), !relays[step.index].flags.contains(.bodyEnded)
    else {
      return true
    }
    let call = relays[step.index].call
    guard step.core.table.isOnConnection(call) else { return true }
    if relays[step.index].flags.contains(.asksForLeave), !hasLeave(step) { return true }
    let isChunked = relays[step.index].flags.contains(.isChunked)
    while step.core.table.isFlushed(call) {
      if let chunk = step.exchange.inflow.next() {
        let isFirst = !relays[step.index].flags.contains(.hasSentBody)
        relays[step.index].flags.insert(.hasSentBody)
        step.exchange.bodyWasTaken = true
        if isChunked {
          let line = (isFirst ? "" : "\r\n") + String(chunk.count, radix: 16) + "\r\n"
          step.core.table.send(call, BodyChunk(copying: line.utf8.span))
        }
        step.core.table.send(call, chunk)
        step.core.noteWork()
        continue
      }
      switch step.exchange.inflow.ending {
      case .whole:
        if isChunked { step.core.table.send(call, lastChunk(step.index, step.exchange.inflow.trailers)) }
        step.core.table.send(call, nil)
        relays[step.index].flags.formUnion([.bodyEnded, .hasSentBody])
        step.core.noteWork()
        return true
      case .failed(let error):
        didLoseBody(step, error)
        return false
      case nil:
        step.exchange.inflow.waiter = waiter(step.index)
        step.exchange.pool.list(step.exchange)
        return true
      }
    }
    step.core.table.watchSends(call, waiter(step.index))
    return true
  }

  /// The server has said that it wants the body, or has not said anything for a second.
  private func hasLeave(_ step: RelayStep) -> Bool {
    let call = relays[step.index].call
    guard step.core.table.mayGoAhead(call) else {
      if !step.core.table.awaitsLeave(call) { step.core.table.awaitLeave(call) }
      return false
    }
    relays[step.index].flags.remove(.asksForLeave)
    // A final answer in place of leave: whoever asks takes a refusal for one.
    if step.core.table.hasHead(call), step.core.table.response(call).head.status.code >= 300 {
      relays[step.index].flags.insert(.bodyEnded)
      step.exchange.inflow.isDeclined = true
      return false
    }
    return true
  }

  private func lastChunk(_ index: Index<Relay>, _ trailers: [ResponseField]) -> BodyChunk {
    var end = relays[index].flags.contains(.hasSentBody) ? "\r\n0\r\n" : "0\r\n"
    let fields = routes[relays[index].route].plan.requestFields
    for field in trailers where field.isAllowedInTrailers && fields.keepsTrailer(field.name) {
      end += "\(field.name): \(field.value)\r\n"
    }
    return BodyChunk(copying: (end + "\r\n").utf8.span)
  }

  /// The client's body is none, or stands still: that is what it is told.
  private func didLoseBody(_ step: RelayStep, _ error: BodyError) {
    giveUp(step.index, step.exchange, error, error.status)
    end(step)
  }
}

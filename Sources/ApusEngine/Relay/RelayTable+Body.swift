// The request's body: a short one is received whole, behind the head that is already written; any other is
// forwarded piece by piece as it arrives, so that a slow server slows its client.

import ApusWire

extension RelayTable {
  /// Takes what has arrived; asks the server once the body is whole.
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

  /// Forwards what has arrived, as far as the connection has taken what went before. Returns false if the
  /// relay has ended by it.
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

  /// The server has sent 100, or has been silent for `ClientTimeouts.goAhead` (one second by default).
  private func hasLeave(_ step: RelayStep) -> Bool {
    let call = relays[step.index].call
    guard step.core.table.mayGoAhead(call) else {
      if !step.core.table.awaitsLeave(call) { step.core.table.awaitLeave(call) }
      return false
    }
    relays[step.index].flags.remove(.asksForLeave)
    // A final response instead of a 100: from status 300 on it refuses the body.
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

  /// The client's body is malformed, was cut off or stalled; the client is told so.
  private func didLoseBody(_ step: RelayStep, _ error: BodyError) {
    giveUp(step.index, step.exchange, error, error.status)
    end(step)
  }
}

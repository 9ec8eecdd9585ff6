// The request's body: a short one taken in whole, behind the head that was written already; any other handed
// on as it comes, a piece at a time, so that a slow server makes its client slow.

import ApusWire

extension RelayTable {
  /// Takes in what has come; asks once it is whole.
  func collect(
    _ index: Index<Relay>, _ exchange: Exchange, _ table: inout ConnectionTable, _ core: CoreClient
  ) {
    while let chunk = exchange.inflow.next() {
      exchange.bodyWasTaken = true
      _ = relays[index].message?.append(chunk.bytes)
    }
    switch exchange.inflow.ending {
    case .whole: ask(index, core)
    case .failed(let error): didLoseBody(index, exchange, error, core)
    case nil:
      exchange.inflow.waiter = waiter(index)
      exchange.pool.list(exchange)
    }
  }

  /// Hands on what has come, as far as the connection has taken what went before. False if
  /// the relay has ended by it.
  func pumpBody(
    _ index: Index<Relay>, _ exchange: Exchange, _ table: inout ConnectionTable, _ core: CoreClient
  )
    -> Bool
  {
    guard relays[index].flags.isSuperset(of: .streams), !relays[index].flags.contains(.bodyEnded) else {
      return true
    }
    let call = relays[index].call
    guard core.table.isOnConnection(call) else { return true }
    if relays[index].flags.contains(.asksForLeave), !hasLeave(index, exchange, core) { return true }
    let isChunked = relays[index].flags.contains(.isChunked)
    while core.table.isFlushed(call) {
      if let chunk = exchange.inflow.next() {
        let isFirst = !relays[index].flags.contains(.hasSentBody)
        relays[index].flags.insert(.hasSentBody)
        exchange.bodyWasTaken = true
        if isChunked {
          let line = (isFirst ? "" : "\r\n") + String(chunk.count, radix: 16) + "\r\n"
          core.table.send(call, BodyChunk(copying: line.utf8.span))
        }
        core.table.send(call, chunk)
        core.noteWork()
        continue
      }
      switch exchange.inflow.ending {
      case .whole:
        if isChunked { core.table.send(call, lastChunk(index, exchange.inflow.trailers)) }
        core.table.send(call, nil)
        relays[index].flags.formUnion([.bodyEnded, .hasSentBody])
        core.noteWork()
        return true
      case .failed(let error):
        didLoseBody(index, exchange, error, core)
        return false
      case nil:
        exchange.inflow.waiter = waiter(index)
        exchange.pool.list(exchange)
        return true
      }
    }
    core.table.watchSends(call, waiter(index))
    return true
  }

  /// The server has said that it wants the body, or has not said anything for a second.
  private func hasLeave(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) -> Bool {
    let call = relays[index].call
    guard core.table.mayGoAhead(call) else {
      if !core.table.awaitsLeave(call) { core.table.awaitLeave(call) }
      return false
    }
    relays[index].flags.remove(.asksForLeave)
    // A final answer in place of leave: whoever asks takes a refusal for one.
    if core.table.hasHead(call), core.table.response(call).head.status.code >= 300 {
      relays[index].flags.insert(.bodyEnded)
      exchange.inflow.isDeclined = true
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
  private func didLoseBody(
    _ index: Index<Relay>, _ exchange: Exchange, _ error: BodyError, _ core: CoreClient
  ) {
    giveUp(index, exchange, error, error.status)
    end(index, exchange, core)
  }
}

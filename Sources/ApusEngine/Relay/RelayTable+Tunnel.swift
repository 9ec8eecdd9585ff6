// After 101 (RFC 9110 section 7.8): bytes both ways, each way as fast as its slower end takes them. Either
// end may end its half; the tunnel ends with both, with an error, or when nothing has passed for too long.

import ApusRing
import ApusWire

extension RelayTable {
  /// The server has switched protocols; the client is told so, if it asked for that.
  func beginTunnel(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let copy = core.table.response(relays[index].call)
    let asked = exchange.copy
    guard let name = RelayPlan.switchedProtocols(copy, from: asked.request) else {
      return refuse(index, exchange, .malformedAnswer, &table, core)
    }
    do {
      try exchange.upgrade(to: name, fields: copy.relayedFields)
    } catch {
      return refuse(index, exchange, .malformedAnswer, &table, core)
    }
    routes[relays[index].route].plan.servers[relays[index].server].didAnswer()
    relays[index].phase = .tunnelling
    core.table.postponeIdle(relays[index].call, routes[relays[index].route].plan.tunnelIdleTicks)
    pumpTunnel(index, exchange, slot, &table, core)
  }

  /// Hands on what has come from either end, while there is room for it at the other.
  func pumpTunnel(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let call = relays[index].call
    if let failure = core.table.failure(call) {
      if case .timedOut = failure { return endTunnel(index, exchange, core) }
      exchange.abort()
      return end(index, exchange, core)
    }
    if core.table.sendsFailed(call) {
      exchange.abort()
      return end(index, exchange, core)
    }
    let fromServer = pumpToClient(index, exchange, slot, &table, core)
    let fromClient = pumpToServer(index, exchange, core)
    if relays[index].flags.isSuperset(of: [.clientEnded, .serverEnded]) {
      return endTunnel(index, exchange, core)
    }
    if fromServer || fromClient {
      core.table.postponeIdle(call, routes[relays[index].route].plan.tunnelIdleTicks)
    }
    exchange.pool.list(exchange)
    core.table.watch(call, waiter(index))
    core.noteWork()
  }

  /// True if something has passed.
  private func pumpToClient(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) -> Bool {
    let call = relays[index].call
    var hasPassed = false
    while exchange.outflow.isRoomy, let chunk = core.table.nextOfTunnel(call) {
      exchange.outflow.give(chunk)
      hasPassed = true
    }
    guard !relays[index].flags.contains(.serverEnded) else { return hasPassed }
    if core.table.tunnelEnded(call) {
      // Its FIN follows its last byte: not before that is with the client's kernel.
      if exchange.outflow.isFlushed {
        relays[index].flags.insert(.serverEnded)
        table.endSending(slot)
        return true
      }
      exchange.outflow.waitsForFlush = true
      exchange.outflow.waiter = waiter(index)
    } else if !exchange.outflow.isRoomy {
      exchange.outflow.waitsForFlush = false
      exchange.outflow.waiter = waiter(index)
    }
    return hasPassed
  }

  private func pumpToServer(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) -> Bool {
    let call = relays[index].call
    guard !relays[index].flags.contains(.clientEnded) else { return false }
    var hasPassed = false
    while core.table.isFlushed(call) {
      if let chunk = exchange.inflow.next() {
        core.table.send(call, chunk)
        hasPassed = true
        continue
      }
      if exchange.inflow.ending == nil {
        exchange.inflow.waiter = waiter(index)
      } else {
        relays[index].flags.insert(.clientEnded)
        core.table.endSending(call)
        hasPassed = true
      }
      return hasPassed
    }
    core.table.watchSends(call, waiter(index))
    return hasPassed
  }

  private func endTunnel(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) {
    do { try exchange.finish(trailers: []) } catch { exchange.abort() }
    end(index, exchange, core)
  }
}

extension RelayPlan {
  /// What the server's 101 switches to, as `Upgrade` has it: one or more protocols, of which the client has
  /// offered each with its version (RFC 9110 section 7.8). nil if there is none, or one that was not offered.
  fileprivate static func switchedProtocols(_ answer: ResponseCopy, from request: borrowing Request)
    -> String?
  {
    let bytes = answer.bytes
    let lines = answer.fields
    var names: [String] = []
    var index = 0
    while let found = nextValue(of: "upgrade", from: index, in: bytes, fields: lines) {
      let value = bytes[found.value]
      var list = FieldList(value)
      while let member = list.next() {
        guard request.offersProtocol(value.extracting(member)) else { return nil }
        names.append(String(lending: value.extracting(member)))
      }
      index = found.index + 1
    }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }
}

extension String {
  /// Bytes that a peer sent, as text; what is no UTF-8 is replaced.
  init(lending bytes: Span<UInt8>) {
    let copy = [UInt8](capacity: bytes.count) { $0.append(copying: bytes) }
    self.init(decoding: copy, as: UTF8.self)
  }
}

// A tunnel after 101 (RFC 9110 section 7.8): bytes flow both ways, each way as fast as its slower end takes
// them. Either end may end its half; the tunnel ends with both halves, with an error, or when idle too long.

import ApusRing
import ApusWire

extension RelayTable {
  /// The server has switched protocols; the client is told so if it asked for that.
  func beginTunnel(_ step: RelayStep, _ table: inout ConnectionTable) {
    let copy = step.core.table.response(relays[step.index].call)
    let asked = step.exchange.copy
    guard let name = RelayPlan.switchedProtocols(copy, from: asked.request) else {
      return refuse(step, .malformedAnswer, &table)
    }
    do {
      try step.exchange.upgrade(to: name, fields: copy.relayedFields)
    } catch {
      return refuse(step, .malformedAnswer, &table)
    }
    routes[relays[step.index].route].plan.servers[relays[step.index].server].didAnswer()
    relays[step.index].phase = .tunnelling
    step.core.table.postponeIdle(
      relays[step.index].call, routes[relays[step.index].route].plan.tunnelIdleTicks)
    pumpTunnel(step, &table)
  }

  /// Forwards what has arrived from either end, while there is room for it at the other.
  func pumpTunnel(_ step: RelayStep, _ table: inout ConnectionTable) {
    let call = relays[step.index].call
    if let failure = step.core.table.failure(call) {
      if case .timedOut = failure { return endTunnel(step) }
      step.exchange.abort()
      return end(step)
    }
    if step.core.table.sendsFailed(call) {
      step.exchange.abort()
      return end(step)
    }
    let fromServer = pumpToClient(step, &table)
    let fromClient = pumpToServer(step)
    if relays[step.index].flags.isSuperset(of: [.clientEnded, .serverEnded]) {
      return endTunnel(step)
    }
    if fromServer || fromClient {
      step.core.table.postponeIdle(call, routes[relays[step.index].route].plan.tunnelIdleTicks)
    }
    step.exchange.pool.list(step.exchange)
    step.core.table.watch(call, waiter(step.index))
    step.core.noteWork()
  }

  /// Returns true if something has passed.
  private func pumpToClient(_ step: RelayStep, _ table: inout ConnectionTable) -> Bool {
    let call = relays[step.index].call
    var hasPassed = false
    while step.exchange.outflow.isRoomy, let chunk = step.core.table.nextOfTunnel(call) {
      step.exchange.outflow.give(chunk)
      hasPassed = true
    }
    guard !relays[step.index].flags.contains(.serverEnded) else { return hasPassed }
    if step.core.table.tunnelEnded(call) {
      // Its FIN follows its last byte, so it waits until the client's kernel has that byte.
      if step.exchange.outflow.isFlushed {
        relays[step.index].flags.insert(.serverEnded)
        table.endSending(step.seat)
        return true
      }
      step.exchange.outflow.waitsForFlush = true
      step.exchange.outflow.waiter = waiter(step.index)
    } else if !step.exchange.outflow.isRoomy {
      step.exchange.outflow.waitsForFlush = false
      step.exchange.outflow.waiter = waiter(step.index)
    }
    return hasPassed
  }

  private func pumpToServer(_ step: RelayStep) -> Bool {
    let call = relays[step.index].call
    guard !relays[step.index].flags.contains(.clientEnded) else { return false }
    var hasPassed = false
    while step.core.table.isFlushed(call) {
      if let chunk = step.exchange.inflow.next() {
        step.core.table.send(call, chunk)
        hasPassed = true
        continue
      }
      if step.exchange.inflow.ending == nil {
        step.exchange.inflow.waiter = waiter(step.index)
      } else {
        relays[step.index].flags.insert(.clientEnded)
        step.core.table.endSending(call)
        hasPassed = true
      }
      return hasPassed
    }
    step.core.table.watchSends(call, waiter(step.index))
    return hasPassed
  }

  private func endTunnel(_ step: RelayStep) {
    do { try step.exchange.finish(trailers: []) } catch { step.exchange.abort() }
    end(step)
  }
}

extension RelayPlan {
  /// The value of the server's 101 `Upgrade`: one or more protocols, each of which the client has offered
  /// with its version (RFC 9110 section 7.8). nil if there is none, or one that was not offered.
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
  /// Bytes that a peer sent, as text; invalid UTF-8 is replaced.
  init(lending bytes: Span<UInt8>) {
    let copy = [UInt8](capacity: bytes.count) { $0.append(copying: bytes) }
    self.init(decoding: copy, as: UTF8.self)
  }
}

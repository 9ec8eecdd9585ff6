// Asking: the choice of a server and a connection, and what follows a failure. `RetryRule` decides whether an
// attempt on a reused connection is retried; another server is asked only if the one before cannot have seen
// the request.

import ApusRing
import ApusWire

extension RelayTable {
  /// Decides how the body is forwarded, and asks unless the body is collected first.
  func begin(_ index: Index<Relay>, _ request: borrowing Request, _ core: CoreClient) {
    let bodyBytes = request.body.count
    switch request.head.contentCount {
    case UInt64(bodyBytes)?: break
    case let count?:
      let plan = routes[relays[index].route].plan
      if count <= UInt64(plan.replayableBytes), !request.head.expectsContinue {
        relays[index].phase = .collecting
      } else {
        relays[index].flags.insert(.streams)
      }
    case nil: relays[index].flags.formUnion([.streams, .isChunked])
    }
    if request.head.upgradeRequested, RelayPlan.switches(request) { relays[index].flags.insert(.mayUpgrade) }
    if relays[index].flags.contains(.streams), request.head.expectsContinue {
      relays[index].flags.insert(.asksForLeave)
    }
    guard choose(index, core) else { preconditionFailure("relay \(index) has no server to ask first") }
    write(index, request)
    if relays[index].phase == .collecting { return list(index) }
    if bodyBytes > 0 { _ = relays[index].message?.append(request.body) }
    ask(index, core)
  }

  /// Chooses the server that is asked next; false if all were asked.
  private func choose(_ index: Index<Relay>, _ core: CoreClient) -> Bool {
    let route = relays[index].route
    guard let server = routes[route].choose(except: relays[index].tried, at: core.table.tick) else {
      return false
    }
    relays[index].server = server
    relays[index].tried |= 1 << UInt64(server)
    return true
  }

  /// Writes the head as the server gets it, with room behind it for a body that is to be collected.
  private func write(_ index: Index<Relay>, _ request: borrowing Request) {
    let plan = routes[relays[index].route].plan
    let server = plan.servers[relays[index].server]
    var room = plan.headBound(request, server)
    if !relays[index].flags.contains(.streams), let count = request.head.contentCount {
      room += Int(count)
    }
    let message = relays[index].emptyMessage(room)
    let asksForLeave = relays[index].flags.contains(.asksForLeave)
    message.append { plan.write(request, to: server, expectsContinue: asksForLeave, into: &$0) }
    relays[index].headBytes = message.count
  }

  /// The part of the request that is sent at once is ready.
  func ask(_ index: Index<Relay>, _ core: CoreClient) {
    guard let exchange = relays[index].exchange else { preconditionFailure("relay \(index) is nobody's") }
    relays[index].phase = .asking
    let route = relays[index].route
    routes[route].loads[relays[index].server] += 1
    relays[index].call = core.table.beginRelayed(
      routes[route].client, exchange.copy.head.method, mayUpgrade: relays[index].flags.contains(.mayUpgrade))
    relays[index].askedAt = core.table.tick.rawValue
    acquire(index, core)
  }

  private func acquire(_ index: Index<Relay>, _ core: CoreClient) {
    guard let message = relays[index].message else { preconditionFailure("relay \(index) has no request") }
    let plan = routes[relays[index].route].plan
    let call = relays[index].call
    let progress = core.table.acquire(
      call, plan.servers[relays[index].server].key, BodyChunk(message, 0..<message.count),
      hasMore: relays[index].flags.contains(.streams), fresh: relays[index].flags.contains(.wantsFresh))
    core.table.watch(call, waiter(index))
    core.noteWork()
    switch progress {
    case .underWay where relays[index].flags.isDisjoint(with: .streams) && plan.onEvent == nil: break
    case .waiting:
      plan.note(.queued, relays[index].server)
    case .needsAddresses: resolve(index, core)
    case .underWay, .connecting, .answered, .failed: list(index)
    }
  }

  /// Connects if the addresses are known; otherwise the call continues when they arrive.
  private func resolve(_ index: Index<Relay>, _ core: CoreClient) {
    guard !relays[index].flags.contains(.isResolving) else { return }
    relays[index].flags.insert(.isResolving)
    let plan = routes[relays[index].route].plan
    let call = relays[index].call
    let serial = core.table.serial(call)
    let key = plan.servers[relays[index].server].key
    if core.connectByBook(call, to: key) { return }
    let addresses = plan.lookUp(key) {
      core.didResolve(call, serial: serial, $0)
    }
    if let addresses { core.table.connect(call, addresses) }
    core.noteWork()
  }

  /// Checks the progress of the call.
  func follow(_ step: RelayStep, _ table: inout ConnectionTable) {
    let call = relays[step.index].call
    passInterims(step, &table)
    switch step.core.table.progress(call) {
    case .answered:
      noteConnection(step.index, step.core)
      return answer(step, &table)
    case .failed(let failure): return didFail(step, failure, &table)
    case .needsAddresses: resolve(step.index, step.core)
    case .waiting, .connecting: break
    case .underWay:
      noteConnection(step.index, step.core)
      guard pumpBody(step, &table) else { return }
    }
    step.core.table.watch(call, waiter(step.index))
  }

  private func didFail(_ step: RelayStep, _ failure: ClientFailure, _ table: inout ConnectionTable) {
    let call = relays[step.index].call
    let plan = routes[relays[step.index].route].plan
    let isReplayable = !relays[step.index].flags.contains(.hasSentBody)
    if failure.isOfTheConnection, !relays[step.index].flags.contains(.wantsFresh),
      let reason = RetryRule.reason(
        toRetry: step.core.table.failedExchange(call, isReplayable: isReplayable), isEnabled: plan.retries)
    {
      plan.note(.retried(reason), relays[step.index].server)
      relays[step.index].flags.insert(.wantsFresh)
      relays[step.index].flags.subtract([.isResolving, .isNoted])
      step.core.table.retry(call)
      return acquire(step.index, step.core)
    }
    let cause = RelayFailure(failure)
    if failure.blamesServer {
      plan.servers[relays[step.index].server].didFail(plan, at: step.core.table.tick)
    }
    guard cause.isBeforeRequest, isReplayable else { return refuse(step, cause, &table) }
    table.counters[cause] += 1
    leaveServer(step.index, step.core)
    relays[step.index].flags.subtract([.wantsFresh, .isResolving, .isNoted])
    guard choose(step.index, step.core) else { return answerFailure(step, cause) }
    askAgain(step)
  }

  /// Asks another server: the head is rewritten for it, and a short body is appended again.
  private func askAgain(_ step: RelayStep) {
    guard let before = relays[step.index].message else {
      preconditionFailure("relay \(step.index) has no request")
    }
    let body = relays[step.index].headBytes..<before.count
    // The old bytes are still needed.
    relays[step.index].message = nil
    let copy = step.exchange.copy
    write(step.index, copy.request)
    if !body.isEmpty { _ = relays[step.index].message?.append(before.bytes(body)) }
    ask(step.index, step.core)
  }

  /// The client is told that no response comes, and why.
  func refuse(_ step: RelayStep, _ cause: RelayFailure, _ table: inout ConnectionTable) {
    table.counters[cause] += 1
    answerFailure(step, cause)
  }

  private func answerFailure(_ step: RelayStep, _ cause: RelayFailure) {
    giveUp(step.index, step.exchange, cause, cause.status)
    end(step)
  }

  // MARK: events

  private func noteConnection(_ index: Index<Relay>, _ core: CoreClient) {
    let plan = routes[relays[index].route].plan
    guard plan.onEvent != nil, !relays[index].flags.contains(.isNoted) else { return }
    relays[index].flags.insert(.isNoted)
    let facts = core.table.connectionFacts(relays[index].call)
    plan.note(
      facts.isReused
        ? .reused(age: facts.ageTicks, idle: facts.idleTicks)
        : .connected(core.table.tick.rawValue - relays[index].askedAt), relays[index].server)
  }
}

extension RelayPlan {
  func note(_ event: Event, _ server: Int) { onEvent?(servers[server], event) }
}

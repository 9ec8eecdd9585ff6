// Asking: which server, over which connection, and what if that fails. An attempt on a connection
// that had been used is made again by `RetryRule`; another server is asked only if the one before
// cannot have seen the request.

import ApusRing
import ApusWire

extension RelayTable {
  /// Decides on the body, and asks unless that has to come first.
  func begin(_ index: Index<Relay>, _ request: borrowing Request, _ core: CoreClient) {
    let bodyBytes = request.body.count
    switch request.head.framing {
    case .none: break
    case .length(let count) where count == UInt64(bodyBytes): break
    case .length(let count):
      let plan = routes[relays[index].route].plan
      if count <= UInt64(plan.replayableBytes), !request.head.expectsContinue {
        relays[index].phase = .collecting
      } else {
        relays[index].flags.insert(.streams)
      }
    case .chunked: relays[index].flags.formUnion([.streams, .isChunked])
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

  /// The server that is asked next; false if all were.
  private func choose(_ index: Index<Relay>, _ core: CoreClient) -> Bool {
    let route = relays[index].route
    guard let server = routes[route].choose(except: relays[index].tried, at: core.table.tick) else {
      return false
    }
    relays[index].server = server
    relays[index].tried |= 1 << UInt64(server)
    return true
  }

  /// The head as the server gets it, with room behind it for a body that is to be collected.
  private func write(_ index: Index<Relay>, _ request: borrowing Request) {
    let plan = routes[relays[index].route].plan
    let server = plan.servers[relays[index].server]
    var room = plan.headBound(request, server)
    if !relays[index].flags.contains(.streams), case .length(let count) = request.head.framing {
      room += Int(count)
    }
    let message = relays[index].emptyMessage(room)
    let asksForLeave = relays[index].flags.contains(.asksForLeave)
    message.append { plan.write(request, to: server, expectsContinue: asksForLeave, into: &$0) }
    relays[index].headBytes = message.count
  }

  /// The request is ready as far as it goes out at once.
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

  /// Connects if the addresses are known; otherwise the call goes on when they are.
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

  /// Looks how far the call has come.
  func follow(
    _ index: Index<Relay>, _ exchange: Exchange, _ slot: Slot, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let call = relays[index].call
    passInterims(call, exchange, slot, &table, core)
    switch core.table.progress(call) {
    case .answered:
      noteConnection(index, core)
      return answer(index, exchange, slot, &table, core)
    case .failed(let failure): return didFail(index, exchange, failure, &table, core)
    case .needsAddresses: resolve(index, core)
    case .waiting, .connecting: break
    case .underWay:
      noteConnection(index, core)
      guard pumpBody(index, exchange, &table, core) else { return }
    }
    core.table.watch(call, waiter(index))
  }

  private func didFail(
    _ index: Index<Relay>, _ exchange: Exchange, _ failure: ClientFailure, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    let call = relays[index].call
    let plan = routes[relays[index].route].plan
    let isReplayable = !relays[index].flags.contains(.hasSentBody)
    if failure.isOfTheConnection, !relays[index].flags.contains(.wantsFresh),
      let reason = RetryRule.reason(
        toRetry: core.table.failedExchange(call, isReplayable: isReplayable), isEnabled: plan.retries)
    {
      plan.note(.retried(reason), relays[index].server)
      relays[index].flags.insert(.wantsFresh)
      relays[index].flags.subtract([.isResolving, .isNoted])
      core.table.retry(call)
      return acquire(index, core)
    }
    let cause = RelayFailure(failure)
    if failure.blamesServer { plan.servers[relays[index].server].didFail(plan, at: core.table.tick) }
    guard cause.isBeforeRequest, isReplayable else { return refuse(index, exchange, cause, &table, core) }
    table.counters[cause] += 1
    leaveServer(index, core)
    relays[index].flags.subtract([.wantsFresh, .isResolving, .isNoted])
    guard choose(index, core) else { return answerFailure(index, exchange, cause, core) }
    askAgain(index, exchange, core)
  }

  /// Another server: the head is written anew, a short body goes behind it again.
  private func askAgain(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) {
    guard let before = relays[index].message else { preconditionFailure("relay \(index) has no request") }
    let body = relays[index].headBytes..<before.count
    // The bytes before are still needed.
    relays[index].message = nil
    let copy = exchange.copy
    write(index, copy.request)
    if !body.isEmpty { _ = relays[index].message?.append(before.bytes(body)) }
    ask(index, core)
  }

  /// The client is told that there is no answer, and why.
  func refuse(
    _ index: Index<Relay>, _ exchange: Exchange, _ cause: RelayFailure, _ table: inout ConnectionTable,
    _ core: CoreClient
  ) {
    table.counters[cause] += 1
    answerFailure(index, exchange, cause, core)
  }

  private func answerFailure(
    _ index: Index<Relay>, _ exchange: Exchange, _ cause: RelayFailure, _ core: CoreClient
  ) {
    giveUp(index, exchange, cause, cause.status)
    end(index, exchange, core)
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

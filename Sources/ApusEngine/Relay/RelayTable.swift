// RelayTable: a core's proxied requests. A request becomes a relay where a handler's request would become a
// task (`start`, called by the route). From then on every event lists it: one on the client's connection
// through its `Exchange`, one on the server's through `ClientTable`. The reactor steps the listed relays once
// a turn, after the tasks. Nothing here waits, and nothing here performs I/O.
//
//   +Asking      a server, a connection, another attempt     +Answering   the response's head and content
//   +Body        the request's body                          +Tunnel      after 101
//
// A request that arrives whole is forwarded in the turn that brought it, and a short response in the turn
// that brought the response: two turns, one step, no system call of its own.

import ApusRing
import ApusWire

@safe package final class RelayTable {
  private let pool: Cell<IndexedPool<Relay>>
  /// The relays that something has happened to.
  private let ready = ReadyList()
  private let routeCell: Cell<[RelayRoute]>

  /// More than one for each connection of a core, unless `Limits.connections` was raised; requests beyond it
  /// get 503.
  private static let capacity = 1 << 17
  /// A test's core may have a lower limit.
  package var limit = RelayTable.capacity

  init() {
    pool = Cell(IndexedPool(capacity: Self.capacity) { Relay() })
    routeCell = Cell([])
  }

  var relays: IndexedPool<Relay> {
    _read { yield pool.value }
    _modify { yield &pool.value }
  }

  var routes: [RelayRoute] {
    _read { yield routeCell.value }
    _modify { yield &routeCell.value }
  }

  /// Some relays are to be stepped.
  @inline(__always)
  var hasReady: Bool { !ready.isEmpty }

  /// Relays in progress.
  package var count: Int { relays.claimedCount }

  var hasRoom: Bool { count < limit }

  /// Something has happened to the relay.
  func list(_ index: Index<Relay>) { ready.append(index.rawValue) }

  /// A waiter that lists the relay when resumed. If the relay has ended by then, it lists the successor in
  /// its place, which finds nothing to do.
  func waiter(_ index: Index<Relay>) -> Waiter { Waiter(ready, index.rawValue) }

  /// Steps the listed relays, at most `limit` of them: a relay that lists itself again is stepped later.
  func run(atMost limit: Int, _ table: inout ConnectionTable, _ core: CoreClient) {
    var left = min(limit, ready.count)
    while left > 0, let index = ready.popFirst().map({ Index<Relay>(rawValue: $0) }) {
      left -= 1
      step(index, &table, core)
    }
  }

  private func step(_ index: Index<Relay>, _ table: inout ConnectionTable, _ core: CoreClient) {
    guard let exchange = relays[index].exchange else { return }
    if exchange.isAbandoned { return end(index, exchange, core) }
    guard let seat = exchange.seat else { return }
    let step = RelayStep(index: index, exchange: exchange, seat: seat, core: core)
    switch relays[index].phase {
    case .free: break
    case .collecting: collect(step)
    case .asking: follow(step, &table)
    case .answering: pumpAnswer(step, &table)
    case .tunnelling: pumpTunnel(step, &table)
    }
  }

  // MARK: beginning and end

  /// Takes charge of a request and does at once what it can: the server is asked in this turn.
  func start(_ exchange: Exchange, _ request: borrowing Request, _ plan: RelayPlan, _ core: CoreClient)
    -> Index<Relay>
  {
    let index = relays.claim()
    relays[index].exchange = exchange
    relays[index].route = route(plan, core)
    exchange.relay = waiter(index)
    begin(index, request, core)
    return index
  }

  /// Lets the task that wraps the relay wait for its end.
  func awaitEnd(_ index: Index<Relay>) async { await Waiter.suspend { relays[index].end = $0 } }

  /// The relay is done, successful or not: it holds nothing on the server's side, and its exchange with the
  /// client is over or has all that it needs.
  func end(_ step: RelayStep) { end(step.index, step.exchange, step.core) }

  private func end(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) {
    leaveServer(index, core)
    letGo(index, exchange)
    if exchange.isAbandoned, exchange.isFinished { exchange.pool.list(exchange) }
    free(index)
  }

  /// The exchange with the client and the task that wraps the relay continue without it.
  func letGo(_ index: Index<Relay>, _ exchange: Exchange) {
    exchange.relay = Waiter()
    if relays[index].end.isWaiting { relays[index].end.resume() } else { exchange.isFinished = true }
  }

  func free(_ index: Index<Relay>) {
    relays[index].reset()
    relays.free(index)
  }

  /// Gives back whatever the relay holds of a server.
  func leaveServer(_ index: Index<Relay>, _ core: CoreClient) {
    let call = relays[index].call
    guard call != .none else { return }
    relays[index].call = .none
    core.table.finish(call)
    core.noteWork()
    routes[relays[index].route].loads[relays[index].server] -= 1
  }

  /// The index of the plan's route on this core, created by its first request here.
  private func route(_ plan: RelayPlan, _ core: CoreClient) -> Int {
    for index in routes.indices where routes[index].plan === plan { return index }
    routes.append(RelayRoute(plan, core.number(of: plan.owner, plan.identity, plan.policy)))
    return routes.count - 1
  }
}

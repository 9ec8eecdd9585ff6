// RelayTable: a core's proxied requests. A request becomes a relay where a handler would have become a task
// (`start`, called by the route), and from then on whatever happens lists it: the client's connection through
// its `Exchange`, the server's through `ClientTable`. The reactor steps what is listed, once a turn, behind
// the tasks. Nothing here waits, and nothing here performs.
//
//   +Asking      a server, a connection, another attempt     +Answering   the answer's head and content
//   +Body        the request's body                          +Tunnel      after 101
//
// A request that is whole when it comes is asked on in the turn that brought it, and a short answer leaves in
// the turn that brought that one: two turns, one step, no system call of its own.

import ApusRing
import ApusWire

@safe package final class RelayTable {
  private let pool: Cell<IndexedPool<Relay>>
  /// Those that something has happened to.
  private let ready = ReadyList()
  private let routeCell: Cell<[RelayRoute]>

  /// More than one for each connection that a core has unless `Limits.connections` was raised; what
  /// is beyond is answered 503.
  private static let capacity = 1 << 17
  /// A test's core may have fewer.
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

  /// Some are to be stepped.
  @inline(__always)
  var hasReady: Bool { !ready.isEmpty }

  /// Relays under way.
  package var count: Int { relays.claimedCount }

  var hasRoom: Bool { count < limit }

  /// Something has happened to the relay.
  func list(_ index: Index<Relay>) { ready.append(index.rawValue) }

  /// Lists the relay when resumed. Resumed when it has gone, it lists its successor,
  /// which finds nothing to do.
  func waiter(_ index: Index<Relay>) -> Waiter { Waiter(ready, index.rawValue) }

  /// Steps what is listed, but no more than `limit` times: what lists itself again has its turn later.
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

  /// Takes charge of a request. What it can do at once it does: the server is asked in this very turn.
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

  /// Lets the task that stands around the relay wait for its end.
  func awaitEnd(_ index: Index<Relay>) async { await Waiter.suspend { relays[index].end = $0 } }

  /// The relay is done, however it went: nothing of it is left on the server's side, and its exchange with
  /// the client is over or has all that it needs.
  func end(_ step: RelayStep) { end(step.index, step.exchange, step.core) }

  private func end(_ index: Index<Relay>, _ exchange: Exchange, _ core: CoreClient) {
    leaveServer(index, core)
    letGo(index, exchange)
    if exchange.isAbandoned, exchange.isFinished { exchange.pool.list(exchange) }
    free(index)
  }

  /// The exchange with the client goes on alone. What waits around it goes on, too.
  func letGo(_ index: Index<Relay>, _ exchange: Exchange) {
    exchange.relay = Waiter()
    if relays[index].end.isWaiting { relays[index].end.resume() } else { exchange.isFinished = true }
  }

  func free(_ index: Index<Relay>) {
    relays[index].reset()
    relays.free(index)
  }

  /// Whatever the relay has of a server is given back.
  func leaveServer(_ index: Index<Relay>, _ core: CoreClient) {
    let call = relays[index].call
    guard call != .none else { return }
    relays[index].call = .none
    core.table.finish(call)
    core.noteWork()
    routes[relays[index].route].loads[relays[index].server] -= 1
  }

  /// The plan's place on this core; made with its first request here.
  private func route(_ plan: RelayPlan, _ core: CoreClient) -> Int {
    for index in routes.indices where routes[index].plan === plan { return index }
    routes.append(RelayRoute(plan, core.number(of: plan.owner, plan.identity, plan.policy)))
    return routes.count - 1
  }
}

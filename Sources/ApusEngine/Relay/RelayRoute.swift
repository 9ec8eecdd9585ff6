// RelayRoute: a plan on one core: its client there, and how many of this core's requests each server has.

import ApusRing

struct RelayRoute {
  let plan: RelayPlan
  /// The number of the plan's client on this core.
  let client: Index<ClientHome>
  /// Requests in progress, by server.
  var loads: [Int]
  /// The start of the search for the least busy server, so that equally busy servers take turns.
  private var first = 0

  init(_ plan: RelayPlan, _ client: Index<ClientHome>) {
    self.plan = plan
    self.client = client
    loads = Array(repeating: 0, count: plan.servers.count)
  }

  /// Returns the least busy untried server that is not paused; if all are paused, the least busy of them.
  /// Returns nil once all were tried.
  mutating func choose(except tried: UInt64, at tick: Tick) -> Int? {
    let count = loads.count
    if count == 1 { return tried & 1 == 0 ? 0 : nil }
    var best: (server: Int, isPaused: Bool)?
    for step in 0..<count {
      let server = (first + step) % count
      guard tried & (1 << UInt64(server)) == 0 else { continue }
      let isPaused = plan.servers[server].isPaused(at: tick)
      if let best {
        if isPaused != best.isPaused {
          if isPaused { continue }
        } else if loads[server] >= loads[best.server] {
          continue
        }
      }
      best = (server, isPaused)
    }
    if let best { first = (best.server + 1) % count }
    return best?.server
  }
}

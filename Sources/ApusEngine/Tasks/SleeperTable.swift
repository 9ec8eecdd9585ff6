// SleeperTable: what waits for a time, by timer id. Ids are dense and re-used, as the wheel wants them.

/// What to go on with when a sleep is over.
enum Sleeper {
  case job(UnownedJob)
  case task(Waiter)
}

struct SleeperTable {
  private var sleepers: [Sleeper?] = []
  private var free: [TimerWheel.ID] = []

  var count: Int { sleepers.count - free.count }

  mutating func add(_ sleeper: Sleeper) -> TimerWheel.ID {
    if let id = free.popLast() {
      sleepers[Int(id)] = sleeper
      return id
    }
    sleepers.append(sleeper)
    return TimerWheel.ID(sleepers.count - 1)
  }

  mutating func remove(_ id: TimerWheel.ID) -> Sleeper {
    guard let sleeper = sleepers[Int(id)].take() else { preconditionFailure("timer \(id) has no sleeper") }
    free.append(id)
    return sleeper
  }
}

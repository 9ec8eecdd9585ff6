// SleeperTable: what waits for a time, by timer id. Ids are dense and re-used, as the wheel wants them.

/// What to go on with when a sleep is over.
enum Sleeper {
  case job(UnownedJob)
  case task(Waiter)
}

struct SleeperTable {
  private var sleepers: [Sleeper?] = []
  private var free: [TimerWheel.ID] = []
  /// The sleep that a task is in, and whose each is.
  private var ids: [UInt: TimerWheel.ID] = [:]
  private var tasks: [UInt] = []

  var count: Int { sleepers.count - free.count }

  mutating func add(_ sleeper: Sleeper) -> TimerWheel.ID {
    if let id = free.popLast() {
      sleepers[Int(id)] = sleeper
      return id
    }
    sleepers.append(sleeper)
    tasks.append(0)
    return TimerWheel.ID(sleepers.count - 1)
  }

  /// `task` goes on when this sleep is over, or cancelled.
  mutating func note(_ task: UInt, sleepsBy id: TimerWheel.ID) {
    tasks[Int(id)] = task
    ids[task] = id
  }

  /// The sleep that the task is in. One that has left the core's executor in the meantime may be another by
  /// now: what is found for it is a sleep that is over all the same.
  mutating func sleep(of task: UInt) -> TimerWheel.ID? { ids.isEmpty ? nil : ids[task] }

  mutating func remove(_ id: TimerWheel.ID) -> Sleeper {
    guard let sleeper = sleepers[Int(id)].take() else { preconditionFailure("timer \(id) has no sleeper") }
    free.append(id)
    if tasks[Int(id)] != 0, ids[tasks[Int(id)]] == id { ids[tasks[Int(id)]] = nil }
    tasks[Int(id)] = 0
    return sleeper
  }
}

// SleeperTable: sleepers by timer ID. IDs are dense and reused, as the wheel requires.

/// The job or task that continues when a sleep ends.
enum Sleeper {
  case job(UnownedJob)
  case task(Waiter)
}

struct SleeperTable {
  private var sleepers: [Sleeper?] = []
  private var free: [TimerWheel.ID] = []
  /// The sleep of each task, and the task of each sleep (0 for none).
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

  /// `task` continues when this sleep ends or is cancelled.
  mutating func note(_ task: UInt, sleepsBy id: TimerWheel.ID) {
    tasks[Int(id)] = task
    ids[task] = id
  }

  /// The task's sleep. If the task has left the core's executor since, the address may be another task's by
  /// now; the sleep that is found is over in any case.
  mutating func sleep(of task: UInt) -> TimerWheel.ID? { ids.isEmpty ? nil : ids[task] }

  mutating func remove(_ id: TimerWheel.ID) -> Sleeper {
    guard let sleeper = sleepers[Int(id)].take() else { preconditionFailure("timer \(id) has no sleeper") }
    free.append(id)
    if tasks[Int(id)] != 0, ids[tasks[Int(id)]] == id { ids[tasks[Int(id)]] = nil }
    tasks[Int(id)] = 0
    return sleeper
  }
}

// Sleeping on the core's own wheel. `Task.sleep` calls the executor through a protocol that the standard
// library still calls experimental (SE-0505); only this file uses it. Without it sleeps go through Dispatch,
// another thread and the inbox, at 25 us each.

package import ApusRing
@_spi(ExperimentalScheduling) package import _Concurrency

extension CoreExecutor: SchedulingExecutor {
  package func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, after delay: C.Duration, tolerance: C.Duration?, clock: C
  ) {
    sleepFromAnywhere(UnownedJob(job), delay as? Duration)
  }

  package func enqueue<C: Clock>(
    _ job: consuming ExecutorJob, at instant: C.Instant, tolerance: C.Duration?, clock: C
  ) {
    sleepFromAnywhere(UnownedJob(job), clock.now.duration(to: instant) as? Duration)
  }

  /// Only clocks whose durations are `Duration` call an executor; others sleep by themselves.
  private func sleepFromAnywhere(_ job: UnownedJob, _ delay: Duration?) {
    guard let delay else { preconditionFailure("a clock that does not count in Duration") }
    guard isCurrent else {
      post(.sleep(job, delay))
      return
    }
    let id = sleep(.job(job), for: delay)
    if let task = Self.currentTask { sleepers.note(task, sleepsBy: id) }
  }

  /// A task becomes ready. If its sleep is still armed, the sleep was cancelled, which the runtime does not
  /// tell an executor: the timer, and the runtime's memory for it, would stay until it is due. So the timer
  /// is moved to the present and fires at the next check.
  func endSleep(of job: UnownedJob) {
    // Safety: a task is a job, so both have one address. If they had not, no sleep would be found.
    guard let id = sleepers.sleep(of: unsafe unsafeBitCast(job, to: UInt.self)) else { return }
    wheel.arm(id, at: wheel.elapsed)
    noteSleepers()
  }

  /// Identified by its address.
  private static var currentTask: UInt? {
    unsafe withUnsafeCurrentTask { task in
      // Safety: one word that is compared, never followed.
      unsafe task.map { unsafe unsafeBitCast($0, to: UInt.self) }
    }
  }

  /// Arms a timer; it fires never early and at most a tick late.
  @discardableResult
  func sleep(_ sleeper: Sleeper, for delay: Duration) -> TimerWheel.ID {
    let (seconds, attoseconds) = delay.components
    let (whole, isTooLong) = UInt64(max(0, seconds)).multipliedReportingOverflow(by: 1_000_000_000)
    let fraction = UInt64(max(0, attoseconds) / 1_000_000_000)
    let nanoseconds = isTooLong || whole > .max - fraction ? .max : whole + fraction
    let (deadline, overflow) = clock().nanoseconds.addingReportingOverflow(nanoseconds)
    let id = sleepers.add(sleeper)
    wheel.arm(id, at: Tick(deadline: Instant(nanoseconds: overflow ? .max : deadline)))
    noteSleepers()
    return id
  }

  /// Sleeps by the core's own clock, which is virtual in a simulation. For the core's thread.
  package func sleep(for duration: Duration) async {
    await Waiter.suspend { _ = sleep(.task($0), for: duration) }
  }

  /// Wakes the sleepers that are due.
  package func expire(now: Instant) {
    let tick = max(Tick(at: now), wheel.elapsed)
    while let id = wheel.popExpired(now: tick) { wake(sleepers.remove(id)) }
    noteSleepers()
  }

  private func wake(_ sleeper: Sleeper) {
    switch sleeper {
    case .job(let job):
      // The runtime's sleep job prefers no executor: run as one of ours, it would first go to the shared
      // pool, and its sleeper come back through the inbox. Run without an executor, it resumes the sleeper at
      // once.
      // Safety: two zero words are the runtime's reference to no serial executor
      // (SerialExecutorRef::generic in ABI/Executor.h).
      let nobody = unsafe unsafeBitCast((UInt(0), UInt(0)), to: UnownedSerialExecutor.self)
      unsafe job.runSynchronously(on: nobody)
    case .task(var waiter): waiter.resume()
    }
  }
}

// LoadRun: a load generator's threads, each with a ring of its own, from start to end.

package import ApusRing

/// One thread's results.
package struct LoadShare: Sendable {
  /// The sums of the measured span.
  package let tally: LoadTally
  /// The sums after it: responses and errors of requests that were due before its end.
  package let afterwards: LoadTally
  /// Nanoseconds that were measured.
  package let measured: UInt64
}

extension LoadCore where Driver: ~Copyable {
  mutating func run() {
    while !table.isFinished { turn() }
    handOn()
  }
}

/// One thread of a load generator.
package final class LoadThread: Sendable {
  package let progress = LoadProgress()
  private let thread: RingThread<LoadShare, RingUnavailable>
  /// Kept until the thread has ended: only then is the kernel certainly done with the last sends.
  private let plan: LoadPlan

  /// Starts the thread, pinned if a processor is named.
  ///
  /// - Parameter makeRecord: Called on the thread; the function that it returns is called there with
  ///   latencies in nanoseconds.
  package init(
    _ plan: LoadPlan, processor: Int?, makeRecord: @escaping @Sendable () -> (Span<UInt64>) -> Void
  ) {
    self.plan = plan
    let progress = progress
    thread = RingThread(name: "apus-load-\(plan.thread)", processor: processor) {
      (didStart: () -> Void) throws(RingUnavailable) in
      defer { progress.end() }
      return try Self.run(plan, progress, makeRecord(), didStart)
    }
  }

  /// Waits for the thread's end. Call it once.
  package func join() -> Result<LoadShare, RingUnavailable> { thread.join() }

  private static func run(
    _ plan: LoadPlan, _ progress: LoadProgress, _ record: @escaping (Span<UInt64>) -> Void,
    _ didStart: () -> Void
  ) throws(RingUnavailable) -> LoadShare {
    TimerSlack.tighten()
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 256
    configuration.receiveBufferBytes = 16_384
    if ChosenRing.prefersDirectDescriptors { configuration.ownDescriptors = UInt32(plan.connections) }
    return try withoutActuallyEscaping(didStart) { didStart throws(RingUnavailable) in
      let load = Load(plan: plan, progress: progress, record: record, didStart: didStart)
      return try ChosenRing.run(load, configuration, wakeUp: WakeUp())
    }
  }

  private struct Load: RingUse {
    let plan: LoadPlan
    let progress: LoadProgress
    let record: (Span<UInt64>) -> Void
    let didStart: () -> Void

    func run<Driver: RingDriver & ~Copyable>(on driver: consuming Driver) -> LoadShare {
      var core = LoadCore(driver: driver, plan: plan, progress: progress, record: record)
      didStart()
      core.run()
      let (span, afterwards) = core.table.tallies
      return LoadShare(tally: span, afterwards: afterwards, measured: core.table.measuredNanoseconds)
    }
  }
}

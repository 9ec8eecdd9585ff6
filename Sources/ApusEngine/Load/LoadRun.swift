// LoadRun: a load generator's threads, each with its own ring, from start to end. It names the driver's type
// in the module that declares the loop: only so is the loop specialised for it.

package import ApusRing

/// What one thread hands over at its end.
package struct LoadShare: Sendable {
  /// Of the measured span.
  package let tally: LoadTally
  /// Answers and errors behind it, to what was due before.
  package let afterwards: LoadTally
  /// Nanoseconds that were measured.
  package let measured: UInt64
}

extension LoadCore where Driver == KernelRing {
  package mutating func run() {
    while !table.isFinished { turn() }
    handOn()
  }
}

/// One thread of a load generator.
package final class LoadThread: Sendable {
  package let progress = LoadProgress()
  private let thread: RingThread<LoadShare, RingUnavailable>
  /// Kept until the thread has ended: only then has the kernel certainly done with the last sends.
  private let plan: LoadPlan

  /// Starts the thread, pinned if a processor is named.
  ///
  /// - Parameter makeRecord: Called on the thread; what it answers is called there with
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

  /// Waits for the end. Once.
  package func join() -> Result<LoadShare, RingUnavailable> { thread.join() }

  private static func run(
    _ plan: LoadPlan, _ progress: LoadProgress, _ record: @escaping (Span<UInt64>) -> Void,
    _ didStart: () -> Void
  ) throws(RingUnavailable) -> LoadShare {
    TimerSlack.tighten()
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 256
    configuration.receiveBufferBytes = 16_384
    if KernelVersion.running.isGoodAtDirectDescriptors {
      configuration.ownDescriptors = UInt32(plan.connections)
    }
    let ring = try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
    var core = LoadCore(driver: ring, plan: plan, progress: progress, record: record)
    didStart()
    core.run()
    let (span, afterwards) = core.table.tallies
    return LoadShare(tally: span, afterwards: afterwards, measured: core.table.measuredNanoseconds)
  }
}

// LoadRun: a load generator's threads, each with its own ring, from start to end. It names the driver's type in the module
// that declares the loop: only so is the loop specialised for it.

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
  private let outcome = Outcome()
  /// Kept until the thread has ended: only then has the kernel certainly done with the last sends.
  private let plan: LoadPlan

  /// Written by the thread before it ends, read after it was joined.
  private final class Outcome: @unchecked Sendable {
    var result: Result<LoadShare, RingUnavailable>?
    var thread: CoreThread?
  }

  /// Starts the thread, pinned if a processor is named.
  ///
  /// - Parameter makeRecord: Called on the thread; what it answers is called there with latencies in nanoseconds.
  package init(
    _ plan: LoadPlan, processor: Int?, makeRecord: @escaping @Sendable () -> (Span<UInt64>) -> Void
  ) {
    self.plan = plan
    let (progress, outcome) = (progress, outcome)
    outcome.thread = CoreThread(name: "apus-load-\(plan.thread)", processor: processor) {
      outcome.result = Self.run(plan, progress, makeRecord())
      progress.end()
    }
  }

  /// Waits for the end. Once.
  package func join() -> Result<LoadShare, RingUnavailable> {
    outcome.thread.take()?.join()
    guard let result = outcome.result else { preconditionFailure("a load thread was joined twice") }
    return result
  }

  private static func run(
    _ plan: LoadPlan, _ progress: LoadProgress, _ record: @escaping (Span<UInt64>) -> Void
  ) -> Result<LoadShare, RingUnavailable> {
    TimerSlack.tighten()
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 256
    configuration.receiveBufferBytes = 16_384
    if KernelVersion.running.isGoodAtDirectDescriptors {
      configuration.ownDescriptors = UInt32(plan.connections)
    }
    do throws(RingUnavailable) {
      let ring = try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
      var core = LoadCore(driver: ring, plan: plan, progress: progress, record: record)
      core.run()
      let (span, afterwards) = core.table.tallies
      return .success(
        LoadShare(tally: span, afterwards: afterwards, measured: core.table.measuredNanoseconds))
    } catch {
      return .failure(error)
    }
  }
}

// RingThread: a thread with a ring of its own. Servers' cores, clients' rings and load generators' threads
// use it to start, report and end.

import ApusRing

/// One such thread, as seen by other threads.
package final class RingThread<Outcome: Sendable, Failure: Error>: Sendable {
  private let started = WakeUp()
  private let report = Report()

  /// Written by the thread before it signals its start or ends; read by others after that.
  private final class Report: @unchecked Sendable {
    var thread: CoreThread?
    var failure: Failure?
    var outcome: Outcome?
  }

  /// Starts the thread, pinned if `processor` is not nil.
  ///
  /// - Parameter body: Runs on the thread. It makes its ring there, calls its argument once it serves, and
  ///   returns when it has ended. It throws the reason if the thread cannot serve.
  package init(
    name: String, processor: Int?,
    _ body: @escaping @Sendable (_ didStart: () -> Void) throws(Failure) -> Outcome
  ) {
    let (started, report) = (started, report)
    report.thread = CoreThread(name: name, processor: processor) {
      do throws(Failure) {
        report.outcome = try body { started.ring() }
      } catch {
        report.failure = error
        started.ring()
      }
    }
  }

  /// Waits until the thread serves; returns the reason if it does not. To be called once.
  package func awaitStart() -> Failure? {
    started.wait()
    return report.failure
  }

  /// Waits until the thread has ended. To be called once.
  package func join() -> Result<Outcome, Failure> {
    guard let thread = report.thread.take() else { preconditionFailure("a thread was joined twice") }
    thread.join()
    if let failure = report.failure { return .failure(failure) }
    guard let outcome = report.outcome else { preconditionFailure("a thread ended without a report") }
    return .success(outcome)
  }

  /// Lets the thread end by itself. To be called once, instead of `join`.
  package func detach() { report.thread.take()?.detach() }
}

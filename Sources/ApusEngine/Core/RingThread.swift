// RingThread: a thread with a ring of its own. A server's cores, a client's rings and a load generator's
// threads start, report and end by way of this one.

import ApusRing

/// One such thread, as other threads see it.
package final class RingThread<Outcome: Sendable, Failure: Error>: Sendable {
  private let started = WakeUp()
  private let report = Report()

  /// Written by the thread before it says that it has started, or before it ends; read by others after.
  private final class Report: @unchecked Sendable {
    var thread: CoreThread?
    var failure: Failure?
    var outcome: Outcome?
  }

  /// Starts the thread, pinned if a processor is named.
  ///
  /// - Parameter body: Runs on the thread. It makes its ring there, calls what it is given once it serves,
  ///   and returns when it has ended. What it throws is why the thread does not serve.
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

  /// Waits until the thread serves; answers why it does not. Once.
  package func awaitStart() -> Failure? {
    started.wait()
    return report.failure
  }

  /// Waits until the thread has ended. Once.
  package func join() -> Result<Outcome, Failure> {
    guard let thread = report.thread.take() else { preconditionFailure("a thread was joined twice") }
    thread.join()
    if let failure = report.failure { return .failure(failure) }
    guard let outcome = report.outcome else { preconditionFailure("a thread ended without a report") }
    return .success(outcome)
  }

  /// Lets the thread end by itself. Once, in place of `join`.
  package func detach() { report.thread.take()?.detach() }
}

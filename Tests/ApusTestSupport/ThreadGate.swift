// ThreadGate: where threads wait for the test.

import Dispatch
package import Testing

/// Blocks threads until the test opens it, for good.
package final class ThreadGate: Sendable {
  private let arrivals = DispatchSemaphore(value: 0)
  private let opening = DispatchSemaphore(value: 0)

  package init() {}

  package func pass() {
    arrivals.signal()
    opening.wait()
    // The next one's turn.
    opening.signal()
  }

  /// Waits until so many more threads have come; an issue if they do not in two minutes.
  package func awaitArrivals(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    for number in 0..<count where arrivals.wait(timeout: .now() + 120) == .timedOut {
      Issue.record("\(number) of \(count) threads have come to the gate", sourceLocation: sourceLocation)
      return
    }
  }

  package func open() { opening.signal() }
}

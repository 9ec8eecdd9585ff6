// CountersBoard: where a core hangs up a copy of its counters for other threads to read. Once a second while it turns, and
// when it is told to; never on the way of a request.

import Synchronization

/// What one core says of itself.
package struct CoreReport: Sendable {
  package var counters = Counters()
  /// Connections that are open.
  package var openConnections = 0
  /// Requests whose handler has begun and whose answer is not complete.
  package var activeRequests = 0

  package init() {}
}

/// One core's report. The core never waits: while somebody reads it does not write, and tries again in a later turn.
package final class CountersBoard: @unchecked Sendable {
  // Safety of the unchecked conformance: `report` is touched only by whoever has set `isTaken`.
  private let isTaken = Atomic<Bool>(false)
  private var report = CoreReport()
  private let serial = Atomic<UInt64>(0)

  private let isClosed = Atomic<Bool>(false)

  package init() {}

  /// The core has ended, and its last report hangs here.
  package var hasEnded: Bool { isClosed.load(ordering: .acquiring) }

  /// The core's thread, at its end.
  package func close() { isClosed.store(true, ordering: .releasing) }

  /// How many reports there were.
  package var count: UInt64 { serial.load(ordering: .acquiring) }

  /// The core's thread. False if somebody was reading.
  package func publish(_ report: borrowing CoreReport) -> Bool {
    guard take() else { return false }
    self.report = copy report
    release()
    serial.add(1, ordering: .releasing)
    return true
  }

  /// Any thread; waits for the moment that a core needs to write.
  package func read() -> CoreReport {
    while !take() {}
    defer { release() }
    return report
  }

  private func take() -> Bool {
    !isTaken.exchange(true, ordering: .acquiring)
  }

  private func release() { isTaken.store(false, ordering: .releasing) }
}

// Reports of this core's counters for other threads, which therefore never read the counters themselves.

import ApusRing

extension Reactor where Driver: ~Copyable {
  static var reportNanoseconds: UInt64 { 1_000_000_000 }

  /// To be called at the end of a turn.
  @inline(__always)
  mutating func reportIfDue() {
    if table.now.nanoseconds >= reportAt { report() }
  }

  /// Publishes the last report of an ended core, and retries while a reader holds the board.
  package mutating func reportAtLast() {
    reportAt = 0
    while board != nil, reportAt == 0 { report() }
    board?.close()
  }

  /// Publishes a report; the next one is due in a second, or at the next turn if a reader holds the last one.
  /// Replies to those who have asked.
  @inline(never)
  mutating func report() {
    guard let board else { return }
    var report = CoreReport()
    table.counters.errors = core.exchanges.errorCount
    table.counters.secure = driver.counters
    report.counters = table.counters
    report.openConnections = table.openCount
    report.activeRequests = core.exchanges.heldCount
    board.answerQuestions(report)
    if board.publish(report) { reportAt = table.now.nanoseconds + Self.reportNanoseconds }
  }
}

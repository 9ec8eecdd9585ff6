// Telling other threads what this core has done, so that nobody need look at its counters while it counts.

import ApusRing

extension Reactor where Driver: ~Copyable {
  static var reportNanoseconds: UInt64 { 1_000_000_000 }

  /// At the end of a turn.
  @inline(__always)
  mutating func reportIfDue() {
    if table.now.nanoseconds >= reportAt { report() }
  }

  /// The last report, when the core has ended: nobody's reading may make it fail.
  package mutating func reportAtLast() {
    reportAt = 0
    while board != nil, reportAt == 0 { report() }
    board?.close()
  }

  /// Hangs a report up, and looks at the clock again in a second; at the next turn if somebody is reading the
  /// last one. Whoever has asked is answered.
  @inline(never)
  mutating func report() {
    guard let board else { return }
    var report = CoreReport()
    table.counters.errors = core.exchanges.errorCount
    report.counters = table.counters
    report.openConnections = table.openCount
    report.activeRequests = core.exchanges.heldCount
    board.answerQuestions(report)
    if board.publish(report) { reportAt = table.now.nanoseconds + Self.reportNanoseconds }
  }
}

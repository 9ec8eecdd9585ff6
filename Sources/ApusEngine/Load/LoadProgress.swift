// LoadProgress: the progress of a load generator's thread, for display. The thread writes it once a turn.

import Synchronization

package final class LoadProgress: Sendable {
  private let requestCount = Atomic<UInt64>(0)
  private let errorCount = Atomic<UInt64>(0)
  private let byteCount = Atomic<UInt64>(0)
  private let hasEnded = Atomic<Bool>(false)
  private let isCutShort = Atomic<Bool>(false)

  package init() {}

  func publish(_ tally: borrowing LoadTally) {
    requestCount.store(tally.requests, ordering: .relaxed)
    errorCount.store(tally.errorCount, ordering: .relaxed)
    byteCount.store(tally.bytesReceived, ordering: .relaxed)
  }

  func end() { hasEnded.store(true, ordering: .releasing) }

  /// The thread has ended, or is about to.
  package var isDone: Bool { hasEnded.load(ordering: .acquiring) }

  /// Ends the measured span now; the thread checks some 50 times a second. Any thread.
  package func cutShort() { isCutShort.store(true, ordering: .relaxed) }

  var isToldToEnd: Bool { isCutShort.load(ordering: .relaxed) }

  /// Any thread. The counts start again when measuring begins.
  package var requests: UInt64 { requestCount.load(ordering: .relaxed) }
  package var errors: UInt64 { errorCount.load(ordering: .relaxed) }
  package var bytes: UInt64 { byteCount.load(ordering: .relaxed) }
}

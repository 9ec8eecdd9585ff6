// Witness: what handlers tell the test's thread.

import ApusEngine
import ApusTestSupport
import Synchronization

/// What a handler saw, for the test's thread.
final class Witness: Sendable {
  let cancelled = Atomic<Int>(0)
  let started = Atomic<Int>(0)
  let offCore = Atomic<Int>(0)

  func look() { if Core.current == nil { offCore.add(1, ordering: .relaxed) } }

  /// Waits, in real time, until a task has come so far; false if none does.
  func await(_ counter: (Witness) -> Int) -> Bool {
    eventually { counter(self) > 0 }
  }
}

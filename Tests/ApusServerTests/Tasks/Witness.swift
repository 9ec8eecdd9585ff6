// Witness: what handlers tell the test's thread.

import ApusEngine
import Glibc
import Synchronization

/// What a handler saw, for the test's thread.
final class Witness: Sendable {
  let cancelled = Atomic<Int>(0)
  let started = Atomic<Int>(0)
  let offCore = Atomic<Int>(0)

  func look() { if CoreExecutor.current == nil { offCore.add(1, ordering: .relaxed) } }

  /// Waits, in real time, until a task has come so far.
  func await(_ counter: (Witness) -> Int) -> Bool {
    for _ in 0..<4000 {
      if counter(self) > 0 { return true }
      var time = timespec(tv_sec: 0, tv_nsec: 5_000_000)
      nanosleep(&time, nil)
    }
    return false
  }
}

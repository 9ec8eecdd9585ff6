// A ring's end. To close a ring alone cancels what is in flight at some later time, on a thread of the
// kernel's; who owns memory that an operation names would not know when it may go. So all of it ends
// here, before the ring does.
//
// What the kernel's workers are in the middle of is interrupted and not waited for. Operations on sockets are
// in none; a file's are waited for by whoever enqueued them, as they are short and end by themselves.

internal import CApusLinux
internal import Glibc

extension KernelRing {
  /// What is found is gone at the next look.
  private static let endRounds = 100

  /// Cancels whatever is in flight and lets its completions go by. For the ring's own thread; on
  /// another it does nothing.
  func cancelAll() {
    cancelReceives()
    // Safety, here and below: the ring is ours.
    for _ in 0..<Self.endRounds {
      guard unsafe apus_cancel_all(ring) > 0 else { return }
      while complete() {}
    }
  }

  /// What there may be much of, one at a time: each look ends at the first that it finds, where one for all
  /// of them passes by what it found before, which takes a time that grows with the square. 5,000 take 12 ms
  /// so, and 160 ms all at once (Linux 6.18).
  private func cancelReceives() {
    while unsafe apus_cancel_one_receive(ring) == 0, complete() {}
  }

  /// Has some complete, and says whether any did. A request leaves the kernel's lists when its completion
  /// is posted, which is done inside a call of this thread's (io_uring_setup(2),
  /// IORING_SETUP_DEFER_TASKRUN), some twenty a call.
  private func complete() -> Bool {
    var argument = io_uring_getevents_arg()
    // Safety: the argument outlives the call; each entry is ours until apus_seen.
    _ = unsafe apus_enter(ring, 0, 0, enterFlags, &argument)
    var hasCompleted = false
    while unsafe apus_peek(ring) != nil {
      unsafe apus_seen(ring)
      hasCompleted = true
    }
    return hasCompleted
  }
}

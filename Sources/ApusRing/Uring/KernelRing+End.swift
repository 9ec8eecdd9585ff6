// A ring's end. To close a ring alone cancels what is in flight at some later time, on a thread of the
// kernel's; who owns memory that an operation names would not know when it may go. So all of it ends
// here, before the ring does.
//
// Operations that a worker of the kernel runs are interrupted, and nobody waits for them. No operation on a
// socket is among them; whoever enqueued one on a file waits for it, as it is short and ends by itself.

internal import CApusLinux
internal import Glibc

extension KernelRing {
  /// Each round cancels what it finds; an operation that was found is gone in the next round.
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

  /// Cancels the receives, of which there may be thousands, one at a time. Each search ends at the first
  /// receive that it finds; one search for all of them passes those that it has found, so its time grows with
  /// their square. 5,000 take 12 ms one at a time, and 160 ms at once (Linux 6.18).
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

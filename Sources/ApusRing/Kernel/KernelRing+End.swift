// A ring's end. To close a ring alone cancels what is in flight at some later time, on a thread of the kernel's; who owns memory that
// an operation names would not know when it may go. So all of it ends here, before the ring does.
//
// What the kernel's workers are in the middle of is interrupted and not waited for. Operations on sockets are in none; a file's are
// waited for by whoever enqueued them, as they are short and end by themselves.

internal import CApusLinux
internal import Glibc

extension KernelRing {
  /// What is found is gone at the next look.
  private static let endRounds = 100

  /// Cancels whatever is in flight and lets its completions go by. For the ring's own thread; on another it does nothing.
  func cancelAll() {
    var request = io_uring_sync_cancel_reg()
    request.fd = -1
    request.flags = APUS_CANCEL_ANY
    for _ in 0..<Self.endRounds {
      // Safety: read during the call. Answers how many were found.
      guard unsafe io_uring_register_sync_cancel(ring, &request) > 0 else { return }
      drain()
    }
  }

  /// Has everything complete that can. A request leaves the kernel's lists when its completion is posted, which is done inside a
  /// call of this thread's (io_uring_setup(2), IORING_SETUP_DEFER_TASKRUN), some twenty a call; each look at the lists asks for all
  /// that is left in them, and takes a time that grows with the square of it.
  private func drain() {
    var argument = io_uring_getevents_arg()
    var hasCompleted = true
    while hasCompleted {
      // Safety: the argument outlives the call; each entry is ours until apus_seen.
      _ = unsafe apus_enter(ring, 0, 0, enterFlags, &argument)
      hasCompleted = false
      while unsafe apus_peek(ring) != nil {
        unsafe apus_seen(ring)
        hasCompleted = true
      }
    }
  }
}

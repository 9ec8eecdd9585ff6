// Signals: SIGTERM and SIGINT as values that a thread waits for, instead of handlers that run anywhere.

internal import CApusLinux
internal import Glibc

package enum StopSignal: Int32, Sendable {
  case interrupt = 2
  case terminate = 15
}

package enum Signals {
  /// Blocks SIGTERM and SIGINT in the calling thread and all that it starts from now on, and ignores SIGPIPE.
  /// Call before the first other thread exists.
  package static func takeOver() {
    signal(SIGPIPE, SIG_IGN)
    var set = stopSet()
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for the next SIGTERM or SIGINT.
  package static func next() -> StopSignal {
    var set = stopSet()
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    return StopSignal(rawValue: number) ?? .terminate
  }

  private static func stopSet() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    unsafe sigaddset(&set, SIGTERM)
    unsafe sigaddset(&set, SIGINT)
    return set
  }
}

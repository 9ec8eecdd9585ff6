// Pause: waiting on a thread that has nothing else to do; never on a core.

internal import Glibc

package enum Pause {
  /// A tenth of a millisecond, or somewhat more.
  package static func briefly() { usleep(100) }

  /// Sleeps for so long, or a little longer (nanosleep(2)).
  package static func milliseconds(_ count: Int) {
    var time = timespec(tv_sec: count / 1000, tv_nsec: count % 1000 * 1_000_000)
    var rest = time
    // Safety: both are our own; what is left after a signal is slept too.
    while unsafe nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
  }
}

// Pause: letting a thread that is no core's wait a moment.

internal import Glibc

package enum Pause {
  /// A tenth of a millisecond, or somewhat more.
  package static func briefly() { usleep(100) }
}

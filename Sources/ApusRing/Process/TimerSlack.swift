// TimerSlack: how late the kernel may let this thread's waits end (prctl(2), PR_SET_TIMERSLACK).

internal import CApusLinux

package enum TimerSlack {
  /// From 50 us, which is what saves power, to nothing: for a thread whose business is to be on time.
  package static func tighten() { apus_tighten_timers() }
}

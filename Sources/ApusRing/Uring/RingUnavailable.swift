// RingUnavailable: why a ring could not be had, in a sentence that says what to do.

internal import Glibc

/// io_uring is missing, forbidden or short of memory. Ends the program with exit code 78.
package struct RingUnavailable: Error, Sendable, CustomStringConvertible {
  package enum Step: Sendable { case setup, buffers, fileTable, selfTest }
  package let step: Step
  package let errno: Int32

  package init(step: Step, errno: Int32) {
    self.step = step
    self.errno = errno
  }

  package var description: String {
    switch (step, errno) {
    case (_, ENOSYS):
      return
        "io_uring is not available: the system call does not exist (ENOSYS). The kernel is built without it, or a "
        + "seccomp filter hides it, as container runtimes do by default: run with a seccomp profile that allows "
        + "io_uring_setup, io_uring_enter and io_uring_register."
    case (_, EPERM), (_, EACCES):
      return
        "io_uring is forbidden (EPERM). Either sysctl kernel.io_uring_disabled is 1 or 2 (set it to 0), or a seccomp "
        + "filter, such as a container's, denies io_uring_setup, io_uring_enter or io_uring_register (allow all three)."
    case (.setup, EINVAL):
      return
        "this kernel's io_uring is too old: Apus needs Linux 6.1 or newer (SINGLE_ISSUER and DEFER_TASKRUN)."
    case (_, ENOMEM):
      return
        "no locked memory for the io_uring queues (ENOMEM): raise the limit (ulimit -l, or LimitMEMLOCK= in a "
        + "systemd unit) or use fewer cores."
    case (.fileTable, EMFILE):
      return
        "the ring's file table exceeds the limit of open files: raise it (ulimit -n) or lower the connection limit."
    case (_, EMFILE), (_, ENFILE):
      return
        "io_uring needs a descriptor of its own, and none is left: raise the limit of open files (ulimit -n, or "
        + "LimitNOFILE= in a systemd unit) or use fewer cores."
    case (.selfTest, _):
      return
        "io_uring failed its self-test on this kernel (errno \(errno)): multishot receive with provided buffers "
        + "needs Linux 6.1 or newer."
    default:
      return "io_uring could not be set up (step \(step), errno \(errno): \(Errno.text(errno)))."
    }
  }
}

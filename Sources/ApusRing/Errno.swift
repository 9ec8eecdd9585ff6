// Errno: the error numbers that the layers above tell apart; they import no C.

internal import Glibc

/// errno(3) values as a completion's negated result carries them.
package enum Errno {
  package static let cancelled = ECANCELED
  package static let noBuffers = ENOBUFS
  package static let badAddress = EFAULT
  package static let tooManyFiles = EMFILE
  package static let tableFull = ENFILE
  package static let connectionReset = ECONNRESET
  package static let brokenPipe = EPIPE
  package static let invalid = EINVAL
}

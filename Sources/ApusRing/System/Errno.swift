// Errno: the error numbers that the layers above tell apart; they import no C.

internal import Glibc

/// errno(3) values as a completion's negated result carries them.
package enum Errno {
  package static let cancelled = ECANCELED
  package static let noBuffers = ENOBUFS
  package static let badAddress = EFAULT
  package static let notSupported = EOPNOTSUPP
  package static let tooManyFiles = EMFILE
  package static let tableFull = ENFILE
  package static let connectionReset = ECONNRESET
  package static let brokenPipe = EPIPE
  package static let invalid = EINVAL
  package static let wouldBlock = EAGAIN
  package static let interrupted = EINTR
  package static let connectionRefused = ECONNREFUSED
  package static let timedOut = ETIMEDOUT
  package static let hostUnreachable = EHOSTUNREACH
  package static let networkUnreachable = ENETUNREACH
  package static let noSuchFile = ENOENT
  package static let protocolError = EPROTO

  /// The system's own words for an error number (strerror(3)).
  package static func text(_ number: Int32) -> String {
    // Safety: strerror answers a string that lives at least until its next call on this thread.
    unsafe String(cString: strerror(number))
  }
}

// Signals: those of a server's process as values that a thread waits for, instead of handlers that run anywhere.

internal import CApusLinux
internal import Glibc

/// A signal that somebody waits for.
package enum ProcessSignal: Int32, Sendable {
  case hangUp = 1
  case interrupt = 2
  case terminate = 15
}

/// Signals that were taken over.
package struct Signals: Sendable {
  private let taken: [ProcessSignal]

  /// Blocks these signals in the calling thread and all that it starts from now on, and ignores SIGPIPE. Call before the first
  /// other thread exists.
  package init(takingOver taken: [ProcessSignal]) {
    self.taken = taken
    signal(SIGPIPE, SIG_IGN)
    var set = self.set
    unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Waits for the next of them.
  package func next() -> ProcessSignal {
    var set = self.set
    var number: Int32 = 0
    while unsafe sigwait(&set, &number) != 0 {}
    guard let signal = ProcessSignal(rawValue: number) else {
      preconditionFailure("sigwait answers signal \(number), which nobody waits for")
    }
    return signal
  }

  private var set: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in taken { unsafe sigaddset(&set, signal.rawValue) }
    return set
  }
}

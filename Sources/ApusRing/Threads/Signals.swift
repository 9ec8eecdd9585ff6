// Signals: those of a server's process as values that a thread waits for, instead of handlers that run anywhere.

internal import CApusLinux
internal import Glibc
import Synchronization

/// A signal that somebody waits for.
package enum ProcessSignal: Int32, Sendable {
  case hangUp = 1
  case interrupt = 2
  case terminate = 15
}

/// Signals that were taken over, until they are given back.
package final class Signals: Sendable {
  private let taken: [ProcessSignal]
  /// What the thread that took them over had blocked before.
  private let before: sigset_t
  private let isOver = Atomic(false)
  /// Sends the waiting thread home. Where nobody waits for it, it is ignored (signal(7)).
  private static let goHome = SIGURG

  /// Blocks these signals in the calling thread and all that it starts from now on, and ignores SIGPIPE. Call before the first
  /// other thread exists.
  package init(takingOver taken: [ProcessSignal]) {
    self.taken = taken
    signal(SIGPIPE, SIG_IGN)
    var set = Self.set(of: taken.map(\.rawValue))
    var before = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, &set, &before)
    self.before = before
  }

  /// Waits for the next of them; nil once `end` has been called. For one thread.
  package func next() -> ProcessSignal? {
    // Blocked before the look at `isOver`, so that it is either seen there or waits here.
    var own = Self.set(of: [Self.goHome])
    unsafe pthread_sigmask(SIG_BLOCK, &own, nil)
    var set = Self.set(of: taken.map(\.rawValue) + [Self.goHome])
    while !isOver.load(ordering: .acquiring) {
      var number: Int32 = 0
      guard unsafe sigwait(&set, &number) == 0, number != Self.goHome else { continue }
      guard let signal = ProcessSignal(rawValue: number) else {
        preconditionFailure("sigwait answers signal \(number), which nobody waits for")
      }
      return signal
    }
    return nil
  }

  /// Ends the waiting of `thread` and the thread with it: one that waited on would take signals from who waits next. Those that
  /// came until then are dropped, the later ones are given back.
  package func end(_ thread: consuming CoreThread) {
    isOver.store(true, ordering: .releasing)
    thread.signal(Self.goHome)
    thread.join()
    var set = Self.set(of: taken.map(\.rawValue))
    var atOnce = timespec()
    while unsafe sigtimedwait(&set, nil, &atOnce) > 0 {}
    giveBack()
  }

  /// From here on the calling thread, which took them over, has them as before: a program that goes on can be ended again.
  package func giveBack() {
    var before = before
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  private static func set(of signals: [Int32]) -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    return set
  }
}

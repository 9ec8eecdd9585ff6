// Signals: those that a program takes over, told on one thread as values. What runs where a signal hits does
// no more than ring for that thread (CApusSignals.c), so it does not matter which threads there are, or what
// they or the parent have blocked.

internal import CApusLinux

/// A signal that somebody may take over.
package enum ProcessSignal: Int32, CaseIterable, Sendable {
  case hangUp = 1
  case interrupt = 2
  case quit = 3
  case user1 = 10
  case user2 = 12
  case brokenPipe = 13
  case terminate = 15
  case windowChange = 28

  /// The process ignores it now: its parent has said so, as nohup(1) does, or it has said so itself.
  package var isIgnored: Bool { apus_ignores_signal(rawValue) == 1 }

  /// Ends the process as the signal would have if nobody had taken it over: who waits for the process sees
  /// that. A shell makes 128 and the number of it.
  package func endProcess() -> Never { apus_end_by_signal(rawValue) }
}

/// Signals that were taken over, until they are given back. Several takers at one time
/// are told each of their own.
package final class Signals: Sendable {
  let taken: [ProcessSignal]
  private let tell: @Sendable (ProcessSignal) -> Void
  /// Held while it is told, so that nobody hears of a signal behind `giveBack`.
  private let isGivenBack = Lock(false)

  /// From here on these signals do nothing but call `tell`, on a thread that all takers share. Two of a kind
  /// that come at once may be told as one (signal(7)). Any thread, at any time.
  package init(takingOver taken: [ProcessSignal], tell: @escaping @Sendable (ProcessSignal) -> Void) {
    self.taken = taken
    self.tell = tell
    SignalDesk.shared.add(self)
  }

  /// Nobody is told any more; a signal that no other taker has does again what it did before.
  /// Once, and not within `tell`.
  package func giveBack() {
    isGivenBack.withLock { $0 = true }
    SignalDesk.shared.remove(self)
  }

  /// On the thread that all takers share.
  func hear(_ signal: ProcessSignal) { isGivenBack.withLock { if !$0 { tell(signal) } } }
}

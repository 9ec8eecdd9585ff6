// Interruption: Ctrl-C and its like for a command that has something to say before it ends.
// `apus serve` drains instead.

import ApusRing

/// The first signal is noted and told, so that the command ends what it does and says what there is; a second
/// one ends it at once. A signal that the parent has had ignored stays ignored.
final class Interruption: Sendable {
  private let state = Lock(State())
  private let signals: Signals

  private struct State: Sendable {
    var signal: ProcessSignal?
    var tell: (@Sendable () -> Void)?
  }

  init() {
    let state = state
    let taken: [ProcessSignal] = [.interrupt, .terminate, .hangUp]
    signals = Signals(takingOver: taken.filter { !$0.isIgnored }) { signal in
      let tell = state.withLock { state -> (@Sendable () -> Void)? in
        guard state.signal == nil else { signal.endProcess() }
        state.signal = signal
        return state.tell
      }
      tell?()
    }
  }

  /// Calls `tell` at the first signal, or at once if there was one.
  func whenTold(_ tell: @escaping @Sendable () -> Void) {
    let isTold = state.withLock { state in
      state.tell = tell
      return state.signal != nil
    }
    if isTold { tell() }
  }

  var isTold: Bool { state.withLock { $0.signal != nil } }

  /// Ends the process as the signal would have, if there was one, so that a shell's loop ends, too: its
  /// `$?` is 128 and the number.
  func endIfTold() {
    signals.giveBack()
    if let signal = state.withLock({ $0.signal }) { signal.endProcess() }
  }
}

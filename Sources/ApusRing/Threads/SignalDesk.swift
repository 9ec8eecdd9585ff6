// SignalDesk: who is to be told of which signal, and the thread that tells. There is one as long as somebody
// has taken a signal over.

internal import CApusLinux
import Synchronization

final class SignalDesk: Sendable {
  static let shared = SignalDesk()

  /// The takers, in the order in which they came.
  private let takers = Lock<[Signals]>([])
  /// Held by who comes or goes: one at a time starts or ends the thread.
  private let thread = Lock<Thread>(Thread())
  /// Never closed: a handler may still run when the last taker has gone.
  private let bell = WakeUp()
  private let isOver = Atomic(false)

  /// A thread, or none.
  private struct Thread: ~Copyable, Sendable {
    var running: CoreThread?
  }

  private init() { apus_ring_for_signals(bell.descriptor) }

  func add(_ taker: Signals) {
    thread.withLock { thread in
      let before = takers.withLock { takers in
        defer { takers.append(taker) }
        return Self.signals(of: takers)
      }
      for signal in Set(taker.taken).subtracting(before) { Self.take(signal) }
      if thread.running == nil {
        isOver.store(false, ordering: .releasing)
        thread.running = CoreThread(name: "apus-signals", processor: nil) { self.watch() }
      } else {
        // It is to unblock the new ones.
        bell.ring()
      }
    }
  }

  func remove(_ taker: Signals) {
    thread.withLock { thread in
      let rest = takers.withLock { takers in
        takers.removeAll { $0 === taker }
        return takers.isEmpty ? nil : Self.signals(of: takers)
      }
      if rest == nil {
        // Before the signals are given back: the thread lets through what the program may have blocked.
        isOver.store(true, ordering: .releasing)
        bell.ring()
        thread.running.take()?.join()
      }
      for signal in Set(taker.taken).subtracting(rest ?? []) { apus_give_back_signal(signal.rawValue) }
      if rest == nil { _ = apus_take_noted_signals() }
    }
  }

  private static func signals(of takers: [Signals]) -> Set<ProcessSignal> {
    Set(takers.flatMap(\.taken))
  }

  private static func take(_ signal: ProcessSignal) {
    let result = apus_take_signal(signal.rawValue)
    precondition(result == 0, "sigaction of \(signal)")
  }

  private func watch() {
    while !isOver.load(ordering: .acquiring) {
      let present = takers.withLock { $0 }
      // SIGPIPE goes to the thread that wrote, and no such thread is sent home by it.
      for signal in Self.signals(of: present) where signal != .brokenPipe {
        apus_unblock_signal(signal.rawValue)
      }
      bell.wait()
      tell()
    }
  }

  private func tell() {
    let noted = apus_take_noted_signals()
    let present = takers.withLock { $0 }
    for signal in ProcessSignal.allCases where noted & 1 << UInt64(signal.rawValue) != 0 {
      for taker in present where taker.taken.contains(signal) { taker.hear(signal) }
    }
  }
}

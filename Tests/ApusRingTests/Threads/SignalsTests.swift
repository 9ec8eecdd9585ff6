import ApusRing
import Glibc
import Synchronization
import Testing

@Suite struct SignalsTests {
  /// A server that has ended must leave nobody behind who takes the next one's SIGTERM. Both orders come up in as many rounds.
  @Test func `a thread that waits for signals goes home when told, already waiting or about to`() {
    for _ in 0..<200 {
      let signals = Signals(takingOver: [])
      let returned = Returned()
      let thread = CoreThread(name: "waits", processor: nil) { returned.note(signals.next() == nil) }
      signals.end(thread)
      #expect(returned.withNothing)
    }
  }

  /// On a thread of its own, whose mask is nobody else's.
  @Test(arguments: [true, false])
  func `a program that goes on without its server has its signals as before`(hasServed: Bool) {
    let isBlocked = Mutex<[Bool]>([])
    let note: @Sendable () -> Void = {
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      isBlocked.withLock { $0.append(sigismember(&mask, SIGHUP) == 1) }
    }
    let program = CoreThread(name: "program", processor: nil) {
      // As in a program's first thread; the tests' threads have most signals blocked.
      var hangUp = sigset_t()
      sigaddset(&hangUp, SIGHUP)
      pthread_sigmask(SIG_UNBLOCK, &hangUp, nil)
      note()
      let signals = Signals(takingOver: [.hangUp])
      note()
      if hasServed {
        let told = CoreThread(name: "waits", processor: nil) { _ = signals.next() }
        // For this thread alone: nobody takes it before its server has ended.
        pthread_kill(pthread_self(), SIGHUP)
        signals.end(told)
      } else {
        signals.giveBack()
      }
      note()
    }
    program.join()
    #expect(isBlocked.withLock { $0 } == [false, true, false])
  }

  private final class Returned: Sendable {
    private let value = Mutex(false)
    func note(_ isNil: Bool) { value.withLock { $0 = isNil } }
    var withNothing: Bool { value.withLock { $0 } }
  }
}

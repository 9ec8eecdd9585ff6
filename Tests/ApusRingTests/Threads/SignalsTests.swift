import ApusRing
import Glibc
import Synchronization
import Testing

/// SIGUSR1 and SIGUSR2, which the tests' own process has no use for.
@Suite(.serialized) struct SignalsTests {
  private final class Heard: Sendable {
    private let signals = Mutex<[ProcessSignal]>([])
    let bell = WakeUp()
    func note(_ signal: ProcessSignal) {
      signals.withLock { $0.append(signal) }
      bell.ring()
    }
    var all: [ProcessSignal] { signals.withLock { $0 } }
  }

  @Test func `every taker is told of its signals, and of no others`() {
    let (first, second) = (Heard(), Heard())
    let both = Signals(takingOver: [.user1, .user2]) { first.note($0) }
    let one = Signals(takingOver: [.user2]) { second.note($0) }
    kill(getpid(), SIGUSR1)
    first.bell.wait()
    #expect(first.all == [.user1])
    kill(getpid(), SIGUSR2)
    second.bell.wait()
    one.giveBack()
    // The other one still has it.
    kill(getpid(), SIGUSR2)
    while first.all.count < 3 { first.bell.wait() }
    both.giveBack()
    #expect(first.all == [.user1, .user2, .user2])
    #expect(second.all == [.user2])
  }

  @Test func `a taker that leaves while another one is called is not called`() {
    let (first, second, gate) = (Heard(), Heard(), WakeUp())
    let staying = Signals(takingOver: [.user1]) {
      first.note($0)
      gate.wait()
    }
    let going = Signals(takingOver: [.user1]) { second.note($0) }
    kill(getpid(), SIGUSR1)
    first.bell.wait()
    going.giveBack()
    gate.ring()
    // Told in the order in which they came: the one that has gone has had its turn by then.
    kill(getpid(), SIGUSR1)
    first.bell.wait()
    #expect(second.all == [])
    gate.ring()
    staying.giveBack()
  }

  /// As in the child of a program that has blocked them, in all of whose threads they are blocked
  /// but in the one that tells.
  @Test func `a signal that is blocked in the thread that takes it over is still delivered`() {
    let heard = Heard()
    let program = CoreThread(name: "program", processor: nil) {
      var set = sigset_t()
      sigaddset(&set, SIGUSR1)
      pthread_sigmask(SIG_BLOCK, &set, nil)
      let signals = Signals(takingOver: [.user1]) { heard.note($0) }
      kill(getpid(), SIGUSR1)
      heard.bell.wait()
      signals.giveBack()
    }
    program.join()
    #expect(heard.all == [.user1])
  }

  /// A server that has ended must leave nobody behind who takes the next one's signals.
  @Test func `a signal that was given back does what it did before`() {
    signal(SIGUSR1, SIG_IGN)
    #expect(ProcessSignal.user1.isIgnored)
    for _ in 0..<100 {
      let signals = Signals(takingOver: [.user1]) { _ in }
      #expect(!ProcessSignal.user1.isIgnored)
      signals.giveBack()
      #expect(ProcessSignal.user1.isIgnored)
    }
    signal(SIGUSR1, SIG_DFL)
    #expect(!ProcessSignal.user1.isIgnored)
  }
}

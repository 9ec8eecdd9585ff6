import ApusRing
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

  private final class Returned: Sendable {
    private let value = Mutex(false)
    func note(_ isNil: Bool) { value.withLock { $0 = isNil } }
    var withNothing: Bool { value.withLock { $0 } }
  }
}

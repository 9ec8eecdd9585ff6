// ClientRings: threads of the client's own, for requests that no handler makes. Started with the first such
// request; each is a core without a listener.

import ApusEngine
import ApusRing

/// One thread with its ring.
private final class ClientRing: Sendable {
  let core = Core()
  private let mailbox = Mailbox()
  let end = RingEnd()

  init(_ number: Int) throws(RingUnavailable) {
    let (core, mailbox, end) = (core, mailbox, end)
    let thread = RingThread(name: "apus-client-\(number)", processor: nil) {
      (didStart: () -> Void) throws(RingUnavailable) in
      defer { end.tell() }
      _ = try Self.makeRun(core, mailbox).serve(Self.configuration, didStart: didStart)
    }
    thread.detach()
    if let failure = thread.awaitStart() { throw failure }
  }

  deinit { mailbox.post(.stop) }

  private static var configuration: KernelRing.Configuration {
    var configuration = KernelRing.Configuration()
    // The kernel wants the whole table within the limit of open files; ordinary descriptors count one by one.
    if ChosenRing.prefersDirectDescriptors, ResourceLimits.openFiles >= ClientTable.connectionLimit {
      configuration.ownDescriptors = UInt32(ClientTable.connectionLimit)
    }
    return configuration
  }

  private static func makeRun(_ core: Core, _ mailbox: Mailbox) -> CoreRun {
    let nobody = Handler(
      plan: { _ in preconditionFailure("a core without a listener has no requests") },
      respond: { _ in preconditionFailure("a core without a listener has no requests") })
    return CoreRun(core, mailbox) {
      ConnectionTable(slots: 1, handler: nobody, exchanges: core.exchanges, now: $0)
    }
  }
}

final class ClientRings: Sendable {
  private struct State {
    var rings: [ClientRing] = []
    var next = 0
  }

  private let state = Lock(State())
  private let count: Int

  init(count: Int) { self.count = max(1, count) }

  var ends: [RingEnd] { state.withLock { $0.rings.map(\.end) } }

  /// The core whose turn it is.
  func next() throws(ClientError) -> Core {
    do throws(RingUnavailable) {
      return try state.withLock { state throws(RingUnavailable) in
        if state.rings.count < count { state.rings.append(try ClientRing(state.rings.count)) }
        state.next = (state.next + 1) % state.rings.count
        return state.rings[state.next].core
      }
    } catch {
      throw .ringUnavailable(error.description)
    }
  }
}

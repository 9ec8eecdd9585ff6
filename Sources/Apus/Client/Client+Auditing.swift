// The resources that a client holds, for tests that check that nothing is held at their end.

import ApusEngine
import ApusRing

/// Tells when the thread of one of a client's rings has freed everything.
package final class RingEnd: Sendable {
  private let state = Lock<(hasCome: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

  func tell() {
    let waiting = state.withLock { state in
      defer { state = (true, []) }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  package func wait() async {
    await withCheckedContinuation { continuation in
      let hasCome = state.withLock { state in
        if !state.hasCome { state.waiting.append(continuation) }
        return state.hasCome
      }
      if hasCome { continuation.resume() }
    }
  }
}

extension Client {
  /// The ends of the rings that the client has started; these outlive it.
  package var ringEndsForTesting: [RingEnd] { rings.ends }

  /// The resources that the client's first ring holds besides idle connections. There are none once every
  /// request has ended and the connections that they left have been closed.
  @concurrent
  package func auditForTesting() async -> [String] {
    let findings = try? await onCore {
      guard let core = Core.current?.client else { return ["no core"] }
      // Connections that were given up close in the turns that follow.
      for _ in 0..<1000 where !core.heldForRequests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      return core.heldForRequests
    }
    return findings ?? ["no ring"]
  }
}

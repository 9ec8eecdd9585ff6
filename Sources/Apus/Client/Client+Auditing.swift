// What a client holds, for tests that end with nothing held.

import ApusEngine
import ApusRing

/// When the thread of one of a client's rings has given everything back.
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
  /// Of the rings that it has started; they outlive it.
  package var ringEndsForTesting: [RingEnd] { rings.ends }

  /// What the client's first ring holds besides idle connections: nothing, once every request has ended and
  /// what they left behind was closed.
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

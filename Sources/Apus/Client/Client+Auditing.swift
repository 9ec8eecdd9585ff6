// What a client holds, for tests that end with nothing held.

import ApusEngine

extension Client {
  /// What the client's first ring holds besides idle connections: nothing, once every request has ended and what they left behind
  /// was closed.
  @concurrent
  package func auditForTesting() async -> [String] {
    let findings = try? await onCore {
      guard let core = CoreExecutor.current?.client else { return ["no core"] }
      // Connections that were given up close in the turns that follow.
      for _ in 0..<1000 where !core.heldForRequests.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
      return core.heldForRequests
    }
    return findings ?? ["no ring"]
  }
}

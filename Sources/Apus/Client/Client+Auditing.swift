// What a client holds, for tests that end with nothing held.

import ApusEngine

extension Client {
  /// What the client's first ring holds besides idle connections: nothing, once every request has ended and what they left behind
  /// was closed.
  @concurrent
  package func auditForTesting() async -> [String] {
    guard let executor = try? rings.next() else { return [] }
    return await withTaskExecutorPreference(executor) {
      var findings = executor.client.heldForRequests
      // Connections that were given up close in the turns that follow.
      for _ in 0..<1000 where !findings.isEmpty {
        try? await Task.sleep(for: .milliseconds(1))
        findings = executor.client.heldForRequests
      }
      return findings
    }
  }
}

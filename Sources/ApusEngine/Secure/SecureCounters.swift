// SecureCounters: what a ring has seen of TLS.

package struct SecureCounters: Sendable {
  /// By version and whether the session was resumed.
  package private(set) var handshakes = [UInt64](repeating: 0, count: SecureVersion.allCases.count)
  package private(set) var resumed: UInt64 = 0
  /// By suite, in the order of `CipherSuite.known`.
  package private(set) var suites = [UInt64](repeating: 0, count: CipherSuite.known.count)
  /// By reason.
  package private(set) var failures = [UInt64](repeating: 0, count: SecureFailure.Reason.allCases.count)
  /// Bytes of plaintext.
  package var receivedBytes: UInt64 = 0
  package var sentBytes: UInt64 = 0

  mutating func didShakeHands(_ facts: SecureFacts) {
    if let version = facts.version { handshakes[Int(version.rawValue)] += 1 }
    if facts.isResumed { resumed += 1 }
    if let suite = facts.suite, let index = CipherSuite.known.firstIndex(where: { $0.suite == suite }) {
      suites[index] += 1
    }
  }

  mutating func didFail(_ reason: SecureFailure.Reason, role: SecureFacts.Role) {
    failures[Int(reason.rawValue)] += 1
  }
}

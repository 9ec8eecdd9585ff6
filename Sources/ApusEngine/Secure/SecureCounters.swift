// SecureCounters: what a core has seen of TLS on the connections that it accepted. Plain integers, written by
// the core alone.

package struct SecureCounters: Sendable {
  /// By version.
  private var handshakes = InlineArray<2, UInt64>(repeating: 0)
  /// Handshakes that resumed an earlier session.
  package private(set) var resumed: UInt64 = 0
  /// In the order of `CipherSuite.known`.
  private var suites = InlineArray<9, UInt64>(repeating: 0)
  private var failures = InlineArray<21, UInt64>(repeating: 0)

  package init() {}

  package subscript(version: SecureVersion) -> UInt64 { handshakes[Int(version.rawValue)] }
  package subscript(failure: SecureFailure.Reason) -> UInt64 { failures[Int(failure.rawValue)] }

  /// Handshakes by the suite that they agreed on.
  package var bySuite: [(name: String, count: UInt64)] {
    CipherSuite.known.indices.map { (CipherSuite.known[$0].name, suites[$0]) }
  }

  /// Handshakes that were finished.
  package var handshakeCount: UInt64 { SecureVersion.allCases.reduce(0) { $0 + self[$1] } }

  mutating func didShakeHands(_ facts: SecureFacts) {
    if let version = facts.version { handshakes[Int(version.rawValue)] += 1 }
    if facts.isResumed { resumed += 1 }
    if let suite = facts.suite, let index = CipherSuite.known.firstIndex(where: { $0.suite == suite }) {
      suites[index] += 1
    }
  }

  mutating func didFail(_ reason: SecureFailure.Reason) { failures[Int(reason.rawValue)] += 1 }

  /// Adds another core's sums.
  mutating func add(_ other: SecureCounters) {
    for index in handshakes.indices { handshakes[index] += other.handshakes[index] }
    resumed += other.resumed
    for index in suites.indices { suites[index] += other.suites[index] }
    for index in failures.indices { failures[index] += other.failures[index] }
  }
}

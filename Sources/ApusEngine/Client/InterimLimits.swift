// InterimLimits: how many interim responses (RFC 9110 section 15.2) one request may be given. Clients must
// take any number of them, so a server that never comes to its answer would otherwise be read until time is
// over. Clients, proxies and load generators count alike.

/// What a server may say before its answer.
package struct InterimLimits: Equatable, Sendable {
  /// Interim responses to one request, 100 included.
  package var count = 64
  /// Bytes of their heads together.
  package var bytes = 64 << 10

  package init() {}
}

/// The interim responses that one request was given.
struct InterimCount {
  private(set) var count: UInt32 = 0
  private var bytes: UInt64 = 0

  /// One more has come, with a head of so many bytes.
  mutating func note(_ bytes: Int) {
    count += 1
    self.bytes += UInt64(bytes)
  }

  func isWithin(_ limits: InterimLimits) -> Bool {
    Int(count) <= limits.count && bytes <= UInt64(limits.bytes)
  }
}

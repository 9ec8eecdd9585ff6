// InterimLimits: how many interim responses (RFC 9110 section 15.2) one request may get. Clients must accept
// any number of them, so a server that never sends its final response would otherwise be read until the
// timeout. Clients, proxies and load generators count alike.

/// Limits on interim responses.
package struct InterimLimits: Equatable, Sendable {
  /// Interim responses to one request, 100 included.
  package var count = 64
  /// Bytes of all their heads together.
  package var bytes = 64 << 10

  package init() {}
}

/// The interim responses that one request has got.
struct InterimCount {
  private(set) var count: UInt32 = 0
  private var bytes: UInt64 = 0

  /// Counts one more interim response, whose head has `bytes` bytes.
  mutating func note(_ bytes: Int) {
    count += 1
    self.bytes += UInt64(bytes)
  }

  func isWithin(_ limits: InterimLimits) -> Bool {
    Int(count) <= limits.count && bytes <= UInt64(limits.bytes)
  }
}

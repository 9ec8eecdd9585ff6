// PeerAddress: who is at the other end of a connection, kept as bytes, rendered on demand.

/// An IPv4 or IPv6 address with its port, as in `struct sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)).
package struct PeerAddress: Equatable, Sendable {
  package enum Family: UInt8, Sendable { case v4, v6, unix }
  package var family: Family
  /// Sixteen bytes in network order, as they lie in memory; IPv4 uses the first four.
  package var octets: (UInt64, UInt64)
  package var port: UInt16

  package init(family: Family, octets: (UInt64, UInt64), port: UInt16) {
    self.family = family
    self.octets = octets
    self.port = port
  }

  package static func == (a: PeerAddress, b: PeerAddress) -> Bool {
    a.family == b.family && a.octets == b.octets && a.port == b.port
  }
}

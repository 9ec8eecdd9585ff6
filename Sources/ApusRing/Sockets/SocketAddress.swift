// SocketAddress: where a connection goes, as the kernel takes it (ip(7), ipv6(7), unix(7)). Resolving a name
// may wait for the network: never on a core.

internal import CApusLinux
internal import Glibc

/// Why a name has no address.
package struct ResolveError: Error, Sendable, Equatable {
  /// getaddrinfo's own words (gai_strerror(3)).
  package let explanation: String

  package init(explanation: String) { self.explanation = explanation }
}

/// An address to connect to.
package struct SocketAddress: Sendable, Hashable {
  package enum Family: Sendable, Hashable { case v4, v6, unix }

  /// `struct sockaddr_in`, `_in6` or `_un`.
  let bytes: [UInt8]
  package let family: Family

  /// `struct sockaddr_un` has room for 107 bytes and a NUL.
  package static let unixPathLimit = 107

  /// The socket at a path; nil if the path is empty, too long or has a NUL in it.
  package init?(unixPath path: String) {
    let text = Array(path.utf8)
    guard (1...Self.unixPathLimit).contains(text.count), !text.contains(0) else { return nil }
    var bytes: [UInt8] = []
    // Safety: a trivial number's own bytes.
    unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe bytes.append(contentsOf: $0) }
    self.bytes = bytes + text + [0]
    family = .unix
  }

  /// All TCP addresses of a host, in the order in which they should be tried (RFC 6724, as getaddrinfo(3)
  /// sorts). A numeric host needs no network; a name may take seconds.
  package static func resolve(host: String, port: UInt16) throws(ResolveError) -> [SocketAddress] {
    try lookUp(host, port, flags: Int32(AI_NUMERICSERV))
  }

  /// The address of a numeric host, at once; nil for a name.
  package static func numeric(host: String, port: UInt16) -> SocketAddress? {
    try? lookUp(host, port, flags: Int32(AI_NUMERICSERV | AI_NUMERICHOST)).first
  }

  private static func lookUp(
    _ host: String, _ port: UInt16, flags: Int32
  ) throws(ResolveError) -> [SocketAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = flags
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard result == 0 else { throw ResolveError(explanation: unsafe String(cString: gai_strerror(result))) }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = unsafe list
    while let info = unsafe entry {
      // Safety: getaddrinfo's list lives until freeaddrinfo; each address has ai_addrlen bytes.
      let bytes = unsafe Array(
        UnsafeRawBufferPointer(start: info.pointee.ai_addr, count: Int(info.pointee.ai_addrlen)))
      switch unsafe info.pointee.ai_family {
      case AF_INET: addresses.append(SocketAddress(bytes: bytes, family: .v4))
      case AF_INET6: addresses.append(SocketAddress(bytes: bytes, family: .v6))
      default: break
      }
      unsafe entry = info.pointee.ai_next
    }
    guard !addresses.isEmpty else { throw ResolveError(explanation: "no address of a kind that can be used") }
    return addresses
  }

  private init(bytes: [UInt8], family: Family) {
    self.bytes = bytes
    self.family = family
  }

  /// An IP address as the network has it, 4 or 16 bytes; empty for a path.
  package var networkBytes: ArraySlice<UInt8> {
    // ip(7), ipv6(7): family and port come first, in IPv6 the flow, too.
    switch family {
    case .v4: bytes[4..<8]
    case .v6: bytes[8..<24]
    case .unix: []
    }
  }

  var domain: Int32 {
    switch family {
    case .v4: AF_INET
    case .v6: AF_INET6
    case .unix: AF_UNIX
    }
  }
}

// ResolvedAddress: a socket address as the kernel takes it (ip(7), ipv6(7)), and sockets bound to it.

internal import CApusLinux
internal import Glibc

struct ResolvedAddress {
  private var storage = sockaddr_storage()
  private var length: socklen_t = 0
  private var family: Int32 = 0
  private(set) var port: UInt16
  /// An IPv6 socket that leaves IPv4's connections to another socket (ipv6(7), IPV6_V6ONLY).
  var takesVersion6Only = false

  /// The most addresses that a name may resolve to.
  private static let limit = 8

  /// Every address of these hosts, each once, in getaddrinfo's order (RFC 6724); of a numeric host the one
  /// that it is. `*` is `::`, which takes IPv4's connections, too, or 0.0.0.0 where the kernel has no IPv6.
  static func all(of listen: ListenAddress) throws(ListenError) -> [ResolvedAddress] {
    var addresses: [ResolvedAddress] = []
    for host in listen.hosts {
      let numeric = host != ListenAddress.everywhere ? host : hasVersion6 ? "::" : "0.0.0.0"
      try add(numeric, port: listen.port, to: &addresses)
    }
    return addresses
  }

  private static func add(
    _ host: String, port: UInt16, to addresses: inout [ResolvedAddress]
  ) throws(ListenError) {
    // Safety: null pointers in `hints` mean no wish (getaddrinfo(3)); the list lives until
    // the end of this function.
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = Int32(AI_PASSIVE | AI_NUMERICSERV)
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard result == 0 else { throw .unknownHost(host) }
    defer { unsafe freeaddrinfo(list) }
    var left = limit
    var entry = unsafe list
    while let info = unsafe entry, left > 0 {
      left -= 1
      let resolved = unsafe ResolvedAddress(info.pointee, port: port)
      // A hosts file may say the same twice.
      if !addresses.contains(where: { $0.isSame(as: resolved) }) { addresses.append(resolved) }
      unsafe entry = info.pointee.ai_next
    }
  }

  private init(_ info: addrinfo, port: UInt16) {
    self.port = port
    // Safety: getaddrinfo's list lives until freeaddrinfo; ai_addrlen bytes fit in
    // sockaddr_storage by definition.
    length = unsafe info.ai_addrlen
    family = unsafe info.ai_family
    unsafe withUnsafeMutableBytes(of: &storage) {
      unsafe $0.copyMemory(from: UnsafeRawBufferPointer(start: info.ai_addr, count: Int(length)))
    }
  }

  private func isSame(as other: ResolvedAddress) -> Bool {
    // Safety: both are trivial, and read as the bytes that they are.
    unsafe withUnsafeBytes(of: storage) { own in
      unsafe withUnsafeBytes(of: other.storage) { unsafe own.elementsEqual($0) }
    }
  }

  /// Every address of a family: 0.0.0.0 or ::.
  enum Wildcard { case v4, v6 }

  var wildcard: Wildcard? {
    switch family {
    case AF_INET: addressBytes.allSatisfy { $0 == 0 } ? .v4 : nil
    case AF_INET6: addressBytes.allSatisfy { $0 == 0 } ? .v6 : nil
    default: nil
    }
  }

  /// The address without its port: `sin_addr` or `sin6_addr`.
  private var addressBytes: [UInt8] {
    // Safety: a trivial value, read as the bytes that it is.
    unsafe withUnsafeBytes(of: storage) {
      unsafe family == AF_INET ? Array($0[4..<8]) : Array($0[8..<24])
    }
  }

  /// Whoever connects to the other address comes here, if the ports are one.
  func covers(_ other: ResolvedAddress) -> Bool {
    switch wildcard {
    case .v4: other.family == AF_INET
    case .v6: other.family == AF_INET6 || !takesVersion6Only
    case nil: isSame(as: other)
    }
  }

  /// The numeric address, without its port.
  var text: String {
    var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    // Safety: sockaddr_storage is laid out to be read as any sockaddr; the call is told both sizes.
    _ = unsafe withUnsafePointer(to: storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getnameinfo($0, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
      }
    }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The kernel has IPv6 (it may still have no address of it).
  static var hasVersion6: Bool {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno != EAFNOSUPPORT }
    _ = close(descriptor)
    return true
  }

  func withPort(_ port: UInt16) -> ResolvedAddress {
    var copy = self
    copy.port = port
    // sin_port and sin6_port stand at the same offset: two bytes after the family.
    unsafe withUnsafeMutableBytes(of: &copy.storage) {
      unsafe $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
    }
    return copy
  }

  /// A bound socket whose options the accepted sockets inherit: no Nagle delay, and TCP keep-alive after 60 s
  /// in 4 probes 15 s apart (tcp(7)).
  func bind(sharingPort: Bool, defersAccept: Bool = false) throws(ListenError) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      // A kernel without IPv6 has no such address either.
      throw errno == EAFNOSUPPORT ? .addressNotAvailable : .failed(operation: "socket", errno: errno)
    }
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if sharingPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
    // Said either way: what holds unless somebody says is the machine's to set (sysctl net.ipv6.bindv6only).
    if family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, takesVersion6Only ? 1 : 0) }
    let tcp = Int32(IPPROTO_TCP)
    set(descriptor, tcp, TCP_NODELAY, 1)
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    set(descriptor, tcp, TCP_KEEPIDLE, 60)
    set(descriptor, tcp, TCP_KEEPINTVL, 15)
    set(descriptor, tcp, TCP_KEEPCNT, 4)
    // Accept completes when the first bytes are there, or after a second without any: a connection per
    // request costs a quarter less (measured on Linux 6.18).
    if defersAccept { set(descriptor, tcp, TCP_DEFER_ACCEPT, 1) }
    // Safety: sockaddr_storage is laid out to be read as any sockaddr.
    let result = unsafe withUnsafePointer(to: storage) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.bind(descriptor, $0, length)
      }
    }
    guard result == 0 else {
      let code = errno
      _ = close(descriptor)
      switch code {
      case EADDRINUSE: throw .addressInUse
      case EACCES, EPERM: throw .permissionDenied
      case EADDRNOTAVAIL: throw .addressNotAvailable
      default: throw .failed(operation: "bind", errno: code)
      }
    }
    return descriptor
  }

  static func boundPort(of descriptor: Int32) -> UInt16 {
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &name) { name in
      _ = unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
      return unsafe UInt16(bigEndian: UnsafeRawPointer(name).load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// Bytes of a peer's address in the socket's family (ip(7), ipv6(7)); a Unix socket's
  /// peers have but a family.
  static func nameBytes(of descriptor: Int32) -> UInt32 {
    var name = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // Safety: getsockname writes at most `length` bytes.
    _ = unsafe withUnsafeMutablePointer(to: &name) { name in
      unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(descriptor, $0, &length)
      }
    }
    switch Int32(name.ss_family) {
    case AF_INET6: return UInt32(MemoryLayout<sockaddr_in6>.size)
    case AF_UNIX: return UInt32(MemoryLayout<sa_family_t>.size)
    default: return UInt32(MemoryLayout<sockaddr_in>.size)
    }
  }

  private func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    _ = unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}

// ResolvedAddress: a socket address as the kernel takes it (ip(7), ipv6(7)), and sockets bound to it.

internal import CApusLinux
internal import Glibc

struct ResolvedAddress {
  private var storage = sockaddr_storage()
  private var length: socklen_t = 0
  private var family: Int32 = 0
  private(set) var port: UInt16

  /// What a name may mean, at most.
  private static let limit = 8

  /// Adds every address of a host that is not there yet, in getaddrinfo's order (RFC 6724); of a numeric host the one that it is.
  static func add(_ address: ListenAddress, to addresses: inout [ResolvedAddress]) throws(ListenError) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = Int32(AI_PASSIVE | AI_NUMERICSERV)
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(address.host, String(address.port), &hints, &list)
    guard result == 0 else { throw .unknownHost(address.host) }
    defer { unsafe freeaddrinfo(list) }
    var left = limit
    var entry = unsafe list
    while let info = unsafe entry, left > 0 {
      left -= 1
      let resolved = unsafe ResolvedAddress(info.pointee, port: address.port)
      // A hosts file may say the same twice.
      if !addresses.contains(where: { $0.isSame(as: resolved) }) { addresses.append(resolved) }
      unsafe entry = info.pointee.ai_next
    }
  }

  private init(_ info: addrinfo, port: UInt16) {
    self.port = port
    // Safety: getaddrinfo's list lives until freeaddrinfo; ai_addrlen bytes fit in sockaddr_storage by definition.
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

  func withPort(_ port: UInt16) -> ResolvedAddress {
    var copy = self
    copy.port = port
    // sin_port and sin6_port stand at the same offset: two bytes after the family.
    unsafe withUnsafeMutableBytes(of: &copy.storage) {
      unsafe $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
    }
    return copy
  }

  /// A bound socket whose options the accepted sockets inherit: no Nagle delay, and TCP keep-alive after 60 s in
  /// 4 probes 15 s apart (tcp(7)).
  func bind(sharingPort: Bool, defersAccept: Bool = false) throws(ListenError) -> Int32 {
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else {
      // A kernel without IPv6 has no such address either.
      throw errno == EAFNOSUPPORT ? .addressNotAvailable : .failed(operation: "socket", errno: errno)
    }
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if sharingPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
    let tcp = Int32(IPPROTO_TCP)
    set(descriptor, tcp, TCP_NODELAY, 1)
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    set(descriptor, tcp, TCP_KEEPIDLE, 60)
    set(descriptor, tcp, TCP_KEEPINTVL, 15)
    set(descriptor, tcp, TCP_KEEPCNT, 4)
    // Accept completes when the first bytes are there, or after a second without any: a connection per request costs a
    // quarter less (measured on Linux 6.18).
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

  /// Bytes of a peer's address in the socket's family (ip(7), ipv6(7)); a Unix socket's peers have but a family.
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

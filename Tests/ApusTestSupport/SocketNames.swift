// SocketNames: what plain sockets of the tests' own are bound and connected by.

import Glibc

/// Has `call` use a port of 127.0.0.1 as bind(2) and connect(2) take it.
package func withLoopbackName<Result>(
  _ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_port = port.bigEndian
  name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return withGenericName(name, call)
}

/// Has `call` use the path of a Unix socket, which has 107 bytes at most (unix(7)).
package func withUnixName<Result>(
  _ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  var name = sockaddr_un()
  name.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &name.sun_path) {
    precondition(path.utf8.count < $0.count, "too long for a socket: \(path)")
    $0.copyBytes(from: path.utf8)
  }
  return withGenericName(name, call)
}

private func withGenericName<Name, Result>(
  _ name: Name, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  withUnsafePointer(to: name) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<Name>.size)) }
  }
}

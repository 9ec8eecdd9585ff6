// LoopbackSocket: a TCP socket of the test's own on 127.0.0.1, for the other side of what is tested.

import Glibc

/// A listening or connected socket. It is closed with the value.
package final class LoopbackSocket: Sendable {
  package let descriptor: Int32

  /// Listens on a free port. `sendRoom`: bytes of SO_SNDBUF, which those that it accepts inherit.
  package static func listening(backlog: Int32 = 16, sendRoom: Int32? = nil) -> LoopbackSocket {
    let new = LoopbackSocket()
    if var sendRoom {
      setsockopt(new.descriptor, SOL_SOCKET, SO_SNDBUF, &sendRoom, socklen_t(MemoryLayout<Int32>.size))
    }
    new.bindToFreePort()
    precondition(listen(new.descriptor, backlog) == 0, "cannot listen: errno \(errno)")
    return new
  }

  /// Holds a port and never listens: whoever connects to it is refused as long as this lives. That of a
  /// socket that was closed may be another test's at once.
  package static func refusing() -> LoopbackSocket {
    let new = LoopbackSocket()
    new.bindToFreePort()
    return new
  }

  /// Connects; nil if nothing listens there. One that does not wait may be connected later, or never.
  package convenience init?(connectingTo port: UInt16, waits: Bool = true) {
    self.init(flags: waits ? 0 : Int32(SOCK_NONBLOCK.rawValue))
    let isConnected = withLoopbackName(port) { connect(descriptor, $0, $1) == 0 }
    guard isConnected || !waits && errno == EINPROGRESS else { return nil }
  }

  private init(flags: Int32 = 0) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) | flags, 0)
    precondition(descriptor >= 0, "no socket: errno \(errno)")
  }

  deinit { close(descriptor) }

  /// This machine has ::1. Asked of the system, not of what is tested.
  package static let hasVersion6: Bool = {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
      }
    }
  }()

  private func bindToFreePort() {
    let isBound = withLoopbackName(0) { bind(descriptor, $0, $1) == 0 }
    precondition(isBound, "cannot bind: errno \(errno)")
  }

  package var port: UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// The next connection's descriptor, which is the caller's to close.
  package func accept() -> Int32 { Glibc.accept(descriptor, nil, nil) }

  /// Takes one connection, reads what comes first, answers so and closes.
  package func answerOnce(_ bytes: [UInt8]) {
    let peer = accept()
    guard peer >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    _ = recv(peer, &buffer, buffer.count, 0)
    _ = Glibc.send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    close(peer)
  }

  package func send(_ text: String) {
    _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
  }

  /// What comes until `text` is there or the peer closes.
  package func receive(until text: String) -> String {
    var received = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !received.contains(text) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { break }
      received += String(decoding: buffer[..<count], as: UTF8.self)
    }
    return received
  }

  package func reset() { resetNow(descriptor) }
}

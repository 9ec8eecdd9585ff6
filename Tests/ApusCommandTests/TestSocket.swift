// TestSocket: the other side of the command's connections, a byte at a time.

import Glibc

/// A connected or listening TCP socket of the test's own.
final class TestSocket: Sendable {
  private let descriptor: Int32

  /// Connects to the loopback address.
  init?(connectingTo port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withLoopback(port, { connect(descriptor, $0, $1) }) == 0 else { return nil }
  }

  /// Listens on a free port of the loopback address.
  init?(listening: Void) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withLoopback(0, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 1) == 0 else {
      return nil
    }
  }

  deinit { close(descriptor) }

  var port: UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Takes one connection, reads what comes first, answers so and closes.
  func answerOnce(_ bytes: [UInt8]) {
    let peer = accept(descriptor, nil, nil)
    guard peer >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 4096)
    _ = recv(peer, &buffer, buffer.count, 0)
    _ = Glibc.send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    close(peer)
  }

  func send(_ text: String) {
    _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL))
  }

  /// What comes until `text` is there or the peer closes.
  func receive(until text: String) -> String {
    var received = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !received.contains(text) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { break }
      received += String(decoding: buffer[..<count], as: UTF8.self)
    }
    return received
  }

  private static func withLoopback(_ port: UInt16, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32)
    -> Int32
  {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

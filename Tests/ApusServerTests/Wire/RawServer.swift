// RawServer: a server that does to each connection what a test says, byte by byte, over plain blocking
// sockets; for servers that die, lie or sleep.

import ApusRing
import ApusTestSupport
import Foundation
import Glibc
import Testing

/// One accepted connection. Every wait ends after `patience`.
final class RawPeer {
  /// Seconds. Long: a client that has its turn late must not find that its server has given up.
  static let patience = 120

  private let descriptor: Int32
  /// What came, as far as it was asked for.
  private(set) var received: [UInt8] = []

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    var time = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Reads so many bytes; false if the connection ends before.
  @discardableResult func receive(_ count: Int) -> Bool {
    var chunk = [UInt8](repeating: 0, count: max(1, count))
    var got = 0
    while got < count {
      let part = recv(descriptor, &chunk, count - got, 0)
      guard part > 0 else { return false }
      received += chunk[..<part]
      got += part
    }
    return true
  }

  /// Reads a head byte by byte, or its first bytes; nil if the connection ends before.
  func receiveHead(upTo limit: Int = .max) -> String? {
    let start = received.count
    while received.count - start < limit, !received[start...].suffix(4).isEmptyLine {
      guard receive(1) else { return nil }
    }
    return String(decoding: received[start...], as: UTF8.self)
  }

  /// False once the client takes no more.
  @discardableResult func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  func reset() { resetNow(descriptor) }

  /// Waits so long for the client to end the connection; true if it did not.
  func isOpen(milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) == 0
  }

  /// Waits until the client has ended the connection.
  func awaitEnd() { while receive(1) {} }
}

extension ArraySlice<UInt8> {
  fileprivate var isEmptyLine: Bool { elementsEqual([13, 10, 13, 10]) }
}

/// Serves one connection after the other; the number counts them from 0.
final class RawServer {
  private let descriptor: Int32
  private let crowd: Crowd
  let port: UInt16
  var url: String { "http://127.0.0.1:\(port)" }

  init(_ serve: @escaping @Sendable (RawPeer, Int) -> Void) throws {
    let listeners = try Listeners(ListenAddress(host: "127.0.0.1", port: 0), count: 1, defersAccept: false)
    let descriptor = listeners.descriptors[0]
    self.descriptor = descriptor
    port = listeners.port
    crowd = Crowd(1) { _ in
      var number = 0
      while true {
        let accepted = accept(descriptor, nil, nil)
        if accepted < 0, errno == EINTR { continue }
        // Shut down: the test is over.
        guard accepted >= 0 else { return }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        serve(RawPeer(accepted), number)
        number += 1
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    try? crowd.join()
    close(descriptor)
  }
}

/// Sockets of this machine that are connected to `port` of the loopback address, or on their way to it, and
/// belong to somebody: proc_net_tcp(5).
func heldSockets(to port: UInt16) throws -> Int {
  let wanted = ":" + String(format: "%04X", port)
  return try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8).split(separator: "\n").dropFirst()
    .count { line in
      let columns = line.split(separator: " ")
      // Remote address, state (TIME_WAIT is the kernel's), inode.
      return columns[2].hasSuffix(wanted) && columns[3] != "06" && columns[9] != "0"
    }
}

// PollingSocket: a plain socket whose calls answer at once, but for one that waits a few milliseconds.

import Apus
internal import Glibc

struct SocketError: Error {
  let errno: Int32
}

final class PollingSocket {
  /// -1 once it is closed.
  private var descriptor: Int32
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(_ address: Server.Address) throws(SocketError) {
    let family = if case .unix = address { AF_UNIX } else { AF_INET }
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SocketError(errno: errno) }
    guard connectTo(address) == 0 else { throw SocketError(errno: errno) }
  }

  deinit { close() }

  private func connectTo(_ address: Server.Address) -> Int32 {
    switch address {
    case .tcp(_, let port):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      // Safety: plain structures, alive for the calls that read them, here and below.
      return unsafe withUnsafePointer(to: name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    case .unix(let path, _):
      var name = sockaddr_un()
      name.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &name) { bytes in
        for (index, byte) in path.utf8.enumerated() { unsafe bytes[2 + index] = byte }
      }
      return unsafe withUnsafePointer(to: name) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
  }

  /// How many bytes it takes; nil for none just now, -1 if the peer takes no more.
  func send(_ bytes: ArraySlice<UInt8>) -> Int? {
    while true {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count >= 0 { return count }
      switch errno {
      case EINTR: continue
      case EAGAIN: return nil
      default: return -1
      }
    }
  }

  /// Waits until there is something to receive, or, if it `sends`, room; false if neither comes.
  func wait(milliseconds: Int32, sends: Bool) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN | (sends ? POLLOUT : 0)), revents: 0)
    return unsafe poll(&wanted, 1, milliseconds) > 0
  }

  /// The peer has closed it, or it failed, and nothing is left to read.
  var isEnded: Bool {
    var byte: UInt8 = 0
    let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
  }

  /// Some bytes; none at the connection's end; nil if there are none yet.
  func receive() throws(SocketError) -> [UInt8]? {
    let count = unsafe recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
    if count >= 0 { return Array(chunk[..<count]) }
    if errno == EAGAIN || errno == EINTR { return nil }
    throw SocketError(errno: errno)
  }

  func close() {
    if descriptor >= 0 { Glibc.close(descriptor) }
    descriptor = -1
  }

  /// Closes it with RST.
  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    // Safety: the call is told the size of a structure of our own.
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }
}

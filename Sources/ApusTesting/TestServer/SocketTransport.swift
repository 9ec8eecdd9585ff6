// SocketTransport: a server on a thread of its own, and a plain blocking socket to it.

import Apus
import ApusRing
internal import Glibc

final class SocketTransport: TestTransport {
  private let server: RunningServer
  private var socket: BlockingSocket?
  private var splitter = ResponseSplitter(methods: [])

  init(_ router: Router, _ configuration: Server.Configuration, _ address: Server.Address) throws {
    var configuration = configuration
    configuration.listen = [address]
    configuration.cores = .count(1)
    configuration.timeouts.drainIdle = .milliseconds(10)
    server = try Server(router, configuration: configuration).start()
  }

  func exchange(_ pieces: [[UInt8]], method: String) async throws -> Answer {
    let socket = try connected()
    let wanted = splitter.answers.count + 1
    splitter.expect(method)
    for piece in pieces where !socket.send(piece) { break }
    while splitter.answers.count < wanted {
      let bytes: [UInt8]
      do {
        bytes = try socket.receive()
      } catch {
        self.socket = nil
        throw TestServerError.connectionFailed(errno: error.errno, after: splitter.trailingText)
      }
      if bytes.isEmpty {
        splitter.end(at: Instant.monotonic())
        if splitter.answers.count == wanted { break }
        self.socket = nil
        throw TestServerError.noAnswer(after: splitter.trailingText)
      }
      splitter.append(bytes[...], at: Instant.monotonic())
      if let reason = splitter.malformed { throw TestServerError.malformed(reason) }
    }
    let answer = splitter.answers[wanted - 1]
    if answer.closes { self.socket = nil }
    return answer
  }

  private func connected() throws -> BlockingSocket {
    // The server may have closed it for being idle: a test among many may stand still for longer than that takes.
    if let socket, !socket.isEnded { return socket }
    let fresh: BlockingSocket
    do { fresh = try BlockingSocket(server.addresses[0]) } catch {
      throw TestServerError.noConnection(errno: error.errno)
    }
    splitter = ResponseSplitter(methods: [])
    socket = fresh
    return fresh
  }

  func pass(_ duration: Duration) throws { throw TestServerError.noVirtualTime }

  func end() -> [String] {
    socket = nil
    server.drain()
    let summary = server.wait()
    let closed = summary.closes.reduce(0) { $0 + $1.count }
    guard closed == summary.connections else {
      return ["\(summary.connections) connections were accepted, \(closed) closed"]
    }
    return summary.wasForced ? ["connections had to be reset"] : []
  }
}

private struct SocketError: Error {
  let errno: Int32
}

/// A connection whose calls wait, 20 seconds at most.
private final class BlockingSocket {
  private let descriptor: Int32
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(_ address: Server.Address) throws(SocketError) {
    let family = if case .unix = address { AF_UNIX } else { AF_INET }
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SocketError(errno: errno) }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    // Safety: plain structures, alive for the calls that read them.
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard connectTo(address) == 0 else { throw SocketError(errno: errno) }
  }

  deinit { close(descriptor) }

  private func connectTo(_ address: Server.Address) -> Int32 {
    switch address {
    case .tcp(_, let port):
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      name.sin_port = port.bigEndian
      name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
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

  /// False if the peer takes no more.
  func send(_ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  /// The peer has closed it, or it failed, and nothing is left to read.
  var isEnded: Bool {
    var byte: UInt8 = 0
    let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN && errno != EINTR
  }

  /// Some bytes; none at the connection's end.
  func receive() throws(SocketError) -> [UInt8] {
    var count: Int
    repeat { count = unsafe recv(descriptor, &chunk, chunk.count, 0) } while count < 0 && errno == EINTR
    guard count >= 0 else { throw SocketError(errno: errno) }
    return Array(chunk[..<count])
  }
}

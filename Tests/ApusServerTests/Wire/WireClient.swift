// WireClient: one TCP connection of a client that shares no code with the server: plain blocking sockets, and
// a reading of answers of its own (Answer.swift). Every test over loopback uses it; it never retries.

import ApusTestSupport
import Glibc

/// A connection to a server of the test's; at most one thread sends and one receives. Every wait ends after
/// `patience`, so that a test fails and does not hang.
final class WireClient: @unchecked Sendable {
  enum Failure: Error, Equatable {
    case connect(Int32)
    /// Nothing came in time.
    case silence
    /// The connection ended (`reset`: by RST) where an answer was due; with what had come of it.
    case ended(reset: Bool, after: [UInt8])
    case send(Int32)
    case receive(Int32)
    case malformed(String)
  }

  /// How a connection stands.
  enum State: Equatable {
    case open
    case finished
    case reset
  }

  /// Seconds that a client waits for anything. Long, as many tests share few processors, and a
  /// sanitizer makes all of them slow.
  static let patience = 120

  private let descriptor: Int32
  /// Bytes that came and belong to no answer yet.
  private(set) var pending: [UInt8] = []
  private(set) var state = State.open
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)
  /// Every byte that came, if that was asked for.
  private(set) var everything: [UInt8] = []
  private let keepsEverything: Bool

  /// `receiveBuffer`: bytes of SO_RCVBUF, for a client that makes the server wait.
  init(port: UInt16, receiveBuffer: Int32? = nil, keepsEverything: Bool = false) throws {
    self.keepsEverything = keepsEverything
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    precondition(descriptor >= 0, "socket: errno \(errno)")
    if let receiveBuffer { set(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
    set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    setPatience()
    let result = withLoopbackName(port) { connect(descriptor, $0, $1) }
    guard result == 0 || errno == EINTR && awaitConnected() else { throw Failure.connect(errno) }
  }

  /// A connection to a Unix socket.
  init(path: String) throws {
    keepsEverything = false
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    precondition(descriptor >= 0, "socket: errno \(errno)")
    setPatience()
    let result = withUnixName(path) { connect(descriptor, $0, $1) }
    guard result == 0 else { throw Failure.connect(errno) }
  }

  /// An interrupted connect(2) goes on by itself.
  private func awaitConnected() -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    while poll(&entry, 1, -1) < 0 {}
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &errno, &length)
    return errno == 0
  }

  deinit { close(descriptor) }

  private func set(_ level: Int32, _ name: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// How long a wait lasts: `option` is SO_RCVTIMEO or SO_SNDTIMEO.
  private func set(_ option: Int32, milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  private func setPatience() {
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] { set(option, milliseconds: Self.patience * 1000) }
  }

  // MARK: sending

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure.send(errno) }
      offset += count
    }
  }

  /// Half-close: the server sees our FIN, we still read.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  func reset() { resetNow(descriptor) }

  // MARK: receiving

  /// One answer, whole. `toHead`: its length frames no content. Interim answers are answers, too.
  func answer(toHead: Bool = false) throws -> Answer {
    while true {
      if let (answer, used) = try Answer.parse(pending, toHead: toHead) {
        pending.removeFirst(used)
        return answer
      }
      guard try receive() else { throw Failure.ended(reset: state == .reset, after: pending) }
    }
  }

  /// So many answers, in order. One pass over what comes, however many they are.
  func answers(_ count: Int) throws -> [Answer] {
    var answers: [Answer] = []
    var start = 0
    while answers.count < count {
      if let (answer, used) = try Answer.parse(pending[start...], toHead: false) {
        answers.append(answer)
        start += used
      } else {
        pending.removeFirst(start)
        start = 0
        guard try receive() else { throw Failure.ended(reset: state == .reset, after: pending) }
      }
    }
    pending.removeFirst(start)
    return answers
  }

  func ask(_ text: String) throws -> Answer {
    try send(text)
    return try answer()
  }

  /// A GET on this connection.
  func get(_ target: String) throws -> Answer { try ask("GET \(target) HTTP/1.1\r\nHost: test\r\n\r\n") }

  /// Waits for some bytes; false at the connection's end.
  @discardableResult func receive() throws -> Bool {
    guard state == .open else { return false }
    var count: Int
    // The end of a ring that was made on this thread interrupts it.
    repeat { count = recv(descriptor, &chunk, chunk.count, 0) } while count < 0 && errno == EINTR
    if count > 0 {
      pending += chunk[..<count]
      if keepsEverything { everything += chunk[..<count] }
      return true
    }
    if count < 0, errno == EAGAIN { throw Failure.silence }
    guard count == 0 || errno == ECONNRESET else { throw Failure.receive(errno) }
    state = count == 0 ? .finished : .reset
    return false
  }

  /// Waits until something lies in the socket, and leaves it there.
  func awaitReadable() {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&entry, 1, Int32(Self.patience * 1000)) < 0, errno == EINTR {}
  }

  /// Takes bytes off `pending`.
  func drop(_ count: Int) { pending.removeFirst(count) }

  /// Reads to the connection's end; `pending` has what came.
  func awaitEnd() throws -> State {
    while try receive() {}
    return state
  }

  /// True if nothing comes, and the connection stays, for so long.
  func staysSilent(milliseconds: Int) throws -> Bool {
    // Of receiving alone: another thread may be sending.
    set(SO_RCVTIMEO, milliseconds: milliseconds)
    defer { set(SO_RCVTIMEO, milliseconds: Self.patience * 1000) }
    do {
      _ = try receive()
      return false
    } catch Failure.silence {
      return true
    }
  }
}

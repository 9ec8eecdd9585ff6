import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Files that go from the page cache to a socket, on the kernel that runs the tests: with direct descriptors and ordinary ones.
@Suite struct KernelSendFileTests {
  private static let contents = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 >> 8) }
  private static var kinds: [Bool] {
    KernelVersion.running.isGoodAtDirectDescriptors ? [true, false] : [false]
  }
  private let tree = TemporaryTree()

  /// A listener on the loopback address for the ring, and clients that know its port.
  private struct Door {
    let descriptor: Int32
    private let address: sockaddr_in

    init() {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      // Inherited by what is accepted: a file of some hundred KiB finds no room at once.
      var room: Int32 = 64 << 10
      setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let descriptor = descriptor
      let made = Self.withName(&address) { name, length in
        bind(descriptor, name, length.pointee) == 0 && listen(descriptor, 16) == 0
          && getsockname(descriptor, name, length) == 0
      }
      precondition(made)
      self.address = address
    }

    func connect() -> Int32 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = address
      precondition(Self.withName(&address) { Glibc.connect(client, $0, $1.pointee) == 0 })
      return client
    }

    private static func withName(
      _ address: inout sockaddr_in,
      _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Bool
    ) -> Bool {
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      return withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
      }
    }
  }

  private func makeRing(_ door: Int32, direct: Bool, fileSockets: Int = 8) throws -> KernelRing {
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 4
    configuration.receiveBufferBytes = 64
    configuration.directDescriptors = direct ? 8 : 0
    configuration.fileSockets = fileSockets
    return try KernelRing(configuration, listeners: [door], wakeUp: WakeUp())
  }

  /// The result of the next completion, which is expected to be of `operation`; nil after five seconds.
  private func next(_ ring: inout KernelRing, _ operation: ApusRing.Operation) -> Int32? {
    let end = Instant(nanoseconds: ring.now().nanoseconds + 5_000_000_000)
    while ring.now() < end {
      ring.submitAndWait(until: end)
      while let completion = ring.reap() {
        if completion.token.operation == operation { return completion.result }
      }
    }
    return nil
  }

  private func accept(_ ring: inout KernelRing) throws -> Slot {
    Slot(try #require(next(&ring, .accept)))
  }

  /// Waits for room on `slot`, and sends `part`.
  private func send(_ part: FilePart?, _ ring: inout KernelRing, _ slot: Slot) throws -> Int32 {
    let isPossible = ring.enqueueFileSend(slot, Token(.fileSend))
    try #require(isPossible)
    let result = try #require(next(&ring, .fileSend))
    return ring.sendFile(slot, after: result, part)
  }

  private func makeSource() throws -> FileSource {
    tree.file("f", Self.contents)
    return FileSource(try RootDirectory(path: tree.path).open("f".utf8.span, following: .never))
  }

  /// Takes what comes until `count` bytes have, for which it waits five seconds at most.
  private func receive(_ count: Int, _ client: Int32, into taken: inout [UInt8]) {
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while taken.count < count {
      let got = recv(client, &bytes, bytes.count, 0)
      guard got > 0 else { return }
      taken += bytes.prefix(got)
    }
  }

  @Test(arguments: kinds)
  func `a head and a file larger than the socket's room arrive whole and in order`(direct: Bool) throws {
    let door = Door()
    var ring = try makeRing(door.descriptor, direct: direct)
    ring.enqueueAccept(listener: 0, Token(.accept))
    let client = door.connect()
    defer { close(client) }
    let slot = try accept(&ring)
    let source = try makeSource()
    let head = SharedBytes("head".utf8.span)
    let total = head.count + Self.contents.count
    var (sent, calls, taken) = (0, 0, [UInt8]())
    while sent < total {
      let offset = max(0, sent - head.count)
      let part = FilePart(
        head: sent == 0 ? head.region : nil, source, offset: offset, count: Self.contents.count - offset,
        isLast: true)
      let count = Int(try send(part, &ring, slot))
      try #require(count >= 0)
      sent += count
      calls += 1
      receive(sent, client, into: &taken)
    }
    // Not compared within #expect, which would look for what differs, for hours.
    let isWhole = taken == Array("head".utf8) + Self.contents
    #expect(isWhole && calls > 1)
  }

  @Test(.enabled(if: kinds.contains(true), "this kernel is served with ordinary descriptors"))
  func `as many sockets as allowed have a descriptor, each while its file is sent`() throws {
    let door = Door()
    var ring = try makeRing(door.descriptor, direct: true, fileSockets: 1)
    ring.enqueueAccept(listener: 0, Token(.accept))
    let clients = [door.connect(), door.connect()]
    defer { for client in clients { close(client) } }
    let (one, other) = (try accept(&ring), try accept(&ring))
    let source = try makeSource()
    let part = FilePart(head: nil, source, offset: 0, count: 10, isLast: true)
    for (slot, refused) in [(one, other), (other, one)] {
      let isFirstAllowed = ring.enqueueFileSend(slot, Token(.fileSend))
      let isSecondAllowed = ring.enqueueFileSend(refused, Token(.fileSend))
      #expect(isFirstAllowed && !isSecondAllowed)
      let result = try #require(next(&ring, .fileSend))
      let sent = ring.sendFile(slot, after: result, part)
      #expect(sent == 10)
    }
    // Given up after the room was found.
    let sent = try send(nil, &ring, one)
    #expect(sent == 0)
    let isAllowed = ring.enqueueFileSend(other, Token(.fileSend))
    #expect(isAllowed)
  }

  @Test(arguments: kinds)
  func `a wait for room that is cut short finds the room that the peer has made`(direct: Bool) throws {
    // A unix socket, whose room is known at once: it is told of when three quarters are free.
    let door = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: (tree.path + "/s").utf8) }
    let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(client) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let isConnected = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(door, $0, length) == 0 && listen(door, 1) == 0 && connect(client, $0, length) == 0
      }
    }
    try #require(isConnected)
    var ring = try makeRing(door, direct: direct)
    ring.enqueueAccept(listener: 0, Token(.accept))
    let slot = try accept(&ring)
    let source = try makeSource()
    let part = FilePart(head: nil, source, offset: 0, count: Self.contents.count, isLast: true)
    let first = try send(part, &ring, slot)
    try #require(first > 0 && first < part.total)
    var taken: [UInt8] = []
    for hasRead in [true, false] {
      if hasRead { receive(Int(first) / 3, client, into: &taken) }
      let isPossible = ring.enqueueFileSend(slot, Token(.fileSend))
      try #require(isPossible)
      ring.enqueueCancel(operation: Token(.fileSend), Token(.cancel))
      let result = try #require(next(&ring, .fileSend))
      #expect(result == -Errno.cancelled)
      let sent = ring.sendFile(slot, after: result, part)
      #expect(hasRead ? sent > 0 : sent == 0)
    }
  }

  @Test(arguments: kinds)
  func `a close in the middle of a file ends the connection for its peer`(direct: Bool) throws {
    let door = Door()
    var ring = try makeRing(door.descriptor, direct: direct)
    ring.enqueueAccept(listener: 0, Token(.accept))
    let client = door.connect()
    defer { close(client) }
    let slot = try accept(&ring)
    let source = try makeSource()
    let sent = try send(FilePart(head: nil, source, offset: 0, count: 10, isLast: false), &ring, slot)
    #expect(sent == 10)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    var taken: [UInt8] = []
    receive(11, client, into: &taken)
    #expect(taken == Array(Self.contents.prefix(10)))
    var byte: UInt8 = 0
    #expect(recv(client, &byte, 1, 0) == 0)
  }

  @Test(arguments: kinds)
  func `a file that has shrunk and a peer that has left are told apart`(direct: Bool) throws {
    let door = Door()
    var ring = try makeRing(door.descriptor, direct: direct)
    ring.enqueueAccept(listener: 0, Token(.accept))
    let client = door.connect()
    let slot = try accept(&ring)
    let source = try makeSource()
    tree.truncate("f", to: 1000)
    let beyond = try send(FilePart(head: nil, source, offset: 2000, count: 10, isLast: true), &ring, slot)
    #expect(beyond == -Errno.badAddress)
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    close(client)
    signal(SIGPIPE, SIG_IGN)
    let after = try send(FilePart(head: nil, source, offset: 0, count: 10, isLast: true), &ring, slot)
    #expect([-Errno.connectionReset, -Errno.brokenPipe].contains(after))
  }
}

import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Files that go from the page cache to a socket, on the kernel that runs the tests: with direct
/// descriptors and ordinary ones.
@Suite struct KernelSendFileTests {
  private static let contents = pattern(700_000)
  private let tree = TemporaryTree()

  init() { tree.file("f", Self.contents) }

  /// A ring that has accepted connections, and the file that it is to send over them.
  private struct Sender: ~Copyable {
    var ring: KernelRing
    let source: FileSource
    private(set) var slots: [Slot] = []

    init(_ tree: TemporaryTree, _ door: Int32, direct: Bool, fileSockets: Int) throws {
      let source = FileSource(try RootDirectory(path: tree.path).open("f".utf8.span, following: .never))
      var configuration = KernelRing.Configuration()
      configuration.receiveBufferCount = 4
      configuration.receiveBufferBytes = 64
      configuration.directDescriptors = direct ? 8 : 0
      configuration.fileSockets = fileSockets
      var ring = try KernelRing(configuration, listeners: [duplicated(door)], wakeUp: WakeUp())
      ring.enqueueAccept(listener: 0, Token(.accept))
      self.ring = ring
      self.source = source
    }

    mutating func accept() throws { slots.append(Slot(try ring.result(of: .accept))) }

    /// The answer's last part, unless `promisedEnd` lies behind it.
    func part(from offset: Int, count: Int, head: SharedBytes? = nil, promisedEnd: Int? = nil) -> FilePart {
      FilePart(
        head: head?.region, source, offset: offset, count: count, promisedEnd: promisedEnd ?? offset + count)
    }

    func token(_ index: Int = 0) -> Token { Token(.fileSend, slot: slots[index]) }

    mutating func enqueue(_ part: FilePart, _ index: Int = 0) -> Bool {
      ring.enqueueFileSend(slots[index], part, token(index))
    }

    /// Sends `part` once there is room.
    mutating func send(_ part: FilePart, _ index: Int = 0) throws -> Int32 {
      let isPossible = enqueue(part, index)
      try #require(isPossible)
      return try ring.result(of: .fileSend)
    }
  }

  /// Takes what comes until `count` bytes have, for each part of which it waits a minute at most.
  private func receive(_ count: Int, _ client: Int32, into taken: inout [UInt8]) {
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while taken.count < count {
      let got = recv(client, &bytes, bytes.count, 0)
      // The end of a ring interrupts the thread that had it (EINTR), which may be another test's.
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return }
      taken += bytes.prefix(got)
    }
  }

  /// Its sockets have so little room that a file of some hundred KiB does not find it at once.
  private let door = LoopbackSocket.listening(sendRoom: 64 << 10)

  /// Accepts `connections` from the listening socket `door`, where they are to come, or have.
  private func sender(_ door: Int32, direct: Bool, connections: Int = 1, fileSockets: Int = 8) throws
    -> Sender
  {
    try requireSupport(direct: direct)
    var sender = try Sender(tree, door, direct: direct, fileSockets: fileSockets)
    for _ in 0..<connections { try sender.accept() }
    return sender
  }

  private func connect() throws -> LoopbackSocket {
    try #require(LoopbackSocket(connectingTo: door.port))
  }

  @Test(arguments: [true, false])
  func `a head and a file larger than the socket's room arrive whole and in order`(direct: Bool) throws {
    let client = try connect()
    var sender = try sender(door.descriptor, direct: direct)
    let head = SharedBytes("head".utf8.span)
    let total = head.count + Self.contents.count
    var (sent, calls, taken) = (0, 0, [UInt8]())
    while sent < total {
      let offset = max(0, sent - head.count)
      let part = sender.part(
        from: offset, count: Self.contents.count - offset, head: sent == 0 ? head : nil)
      let count = Int(try sender.send(part))
      try #require(count >= 0)
      sent += count
      calls += 1
      receive(sent, client.descriptor, into: &taken)
    }
    expectSame(taken, Array("head".utf8) + Self.contents)
    #expect(calls > 1)
  }

  @Test func `as many sockets as allowed have a descriptor, each while its file is sent`() throws {
    let clients = [try connect(), try connect()]
    var sender = try sender(door.descriptor, direct: true, connections: 2, fileSockets: 1)
    let part = sender.part(from: 0, count: 10)
    for allowed in 0...1 {
      let isFirstAllowed = sender.enqueue(part, allowed)
      let isSecondAllowed = sender.enqueue(part, 1 - allowed)
      #expect(isFirstAllowed && !isSecondAllowed)
      let sent = try sender.ring.result(of: .fileSend)
      #expect(sent == 10)
    }
    // Given up in the middle of the file.
    let sent = try sender.send(sender.part(from: 0, count: 10, promisedEnd: 20), 0)
    #expect(sent == 10)
    let isAllowedBefore = sender.enqueue(part, 1)
    sender.ring.enqueueClose(sender.slots[0], reset: false, Token(.close))
    let isAllowedAfter = sender.enqueue(part, 1)
    #expect(!isAllowedBefore && isAllowedAfter)
    withExtendedLifetime(clients) {}
  }

  @Test(arguments: [true, false])
  func `a wait for room that is cut short finds the room that the peer has made`(direct: Bool) throws {
    // A unix socket, whose room is known at once: it is told of when three quarters are free.
    let door = UnixSocket.listening(at: tree.absolute("s"))
    let client = try #require(UnixSocket(connectingTo: tree.absolute("s")))
    var sender = try sender(door.descriptor, direct: direct)
    let part = sender.part(from: 0, count: Self.contents.count)
    let first = try sender.send(part)
    try #require(first > 0 && first < part.total)
    var taken: [UInt8] = []
    for hasRead in [true, false] {
      if hasRead { receive(Int(first) / 3, client.descriptor, into: &taken) }
      let isPossible = sender.enqueue(part)
      try #require(isPossible)
      sender.ring.enqueueCancel(sender.slots[0], operation: sender.token(), Token(.cancel))
      let sent = try sender.ring.result(of: .fileSend)
      #expect(hasRead ? sent > 0 : sent == 0)
    }
  }

  @Test(arguments: [true, false])
  func `a close in the middle of a file ends the connection for its peer`(direct: Bool) throws {
    let client = try connect()
    var sender = try sender(door.descriptor, direct: direct)
    let sent = try sender.send(sender.part(from: 0, count: 10, promisedEnd: 20))
    #expect(sent == 10)
    sender.ring.enqueueClose(sender.slots[0], reset: false, Token(.close))
    sender.ring.submitAndWait(until: Instant(nanoseconds: 0))
    var taken: [UInt8] = []
    receive(11, client.descriptor, into: &taken)
    #expect(taken == Array(Self.contents.prefix(10)))
    var byte: UInt8 = 0
    #expect(recv(client.descriptor, &byte, 1, 0) == 0)
  }

  @Test(arguments: [true, false])
  func `a file that has shrunk and a peer that has left are told apart`(direct: Bool) throws {
    let client = try connect()
    var sender = try sender(door.descriptor, direct: direct)
    tree.truncate("f", to: 1000)
    let beyond = try sender.send(sender.part(from: 2000, count: 10))
    #expect(beyond == -Errno.badAddress)
    client.reset()
    // For the whole process, as a server's own does it: no test waits for a SIGPIPE.
    signal(SIGPIPE, SIG_IGN)
    let after = try sender.send(sender.part(from: 0, count: 10))
    #expect([-Errno.connectionReset, -Errno.brokenPipe].contains(after))
  }
}

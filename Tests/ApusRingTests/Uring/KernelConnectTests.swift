import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Connections that the ring opens, on the kernel that runs the tests: with direct
/// descriptors and with ordinary ones.
@Suite struct KernelConnectTests {
  private func ring(direct: Bool) throws -> KernelRing {
    try requireSupport(direct: direct)
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 4
    configuration.receiveBufferBytes = 64
    if direct {
      configuration.directDescriptors = 4
      configuration.ownDescriptors = 2
    }
    return try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
  }

  private func token(_ operation: Operation, generation: UInt32 = 1) -> Token {
    Token(operation, slot: 1, generation: generation)
  }

  private func open(
    _ ring: inout KernelRing, _ address: SocketAddress, _ bytes: SharedBytes, generation: UInt32 = 1
  ) throws -> Slot {
    guard case .slot(let slot) = ring.openSocket(1, to: address) else {
      throw RingUnavailable(step: .setup, errno: EMFILE)
    }
    ring.enqueueConnect(
      slot, to: address, sending: bytes.region, connect: token(.connect, generation: generation),
      send: token(.send, generation: generation), receive: token(.receive, generation: generation))
    return slot
  }

  @Test(arguments: [true, false])
  func `connect, send and receive are one submission`(direct: Bool) throws {
    let door = LoopbackSocket.listening()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    let slot = try open(&ring, address, bytes)
    #expect(direct == (slot == 5), "direct slots of the core's own lie above those for accepts")
    let sent = collect(&ring, 1)
    try #require(sent.map(\.token) == [token(.send)])
    #expect(sent[0].result == 5)
    let peer = door.accept()
    var got = [UInt8](repeating: 0, count: 8)
    #expect(read(peer, &got, 8) == 5 && Array(got[..<5]) == Array("hello".utf8))
    #expect(write(peer, "answer", 6) == 6)
    let received = collect(&ring, 1)
    try #require(received.map(\.token) == [token(.receive)])
    #expect(received[0].result == 6 && received[0].hasMore)
    if let buffer = received[0].buffer { ring.recycle(buffer) }
    // Its end is seen without being asked for.
    close(peer)
    let end = collect(&ring, 1)
    try #require(end.map(\.token) == [token(.receive)])
    #expect(end[0].result == 0 && !end[0].hasMore)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: [true, false])
  func `a half-close says when it is done, and meets no later tenant of its slot`(direct: Bool) throws {
    let door = LoopbackSocket.listening()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    for generation in 1...50 as ClosedRange<UInt32> {
      let slot = try open(&ring, address, bytes, generation: generation)
      #expect(collect(&ring, 1).map(\.result) == [5])
      let peer = door.accept()
      var got = [UInt8](repeating: 0, count: 8)
      #expect(read(peer, &got, 8) == 5)
      #expect(
        recv(peer, &got, 8, Int32(MSG_DONTWAIT)) == -1 && errno == EAGAIN,
        "the half-close was the predecessor's")
      let shutdown = token(.shutdown, generation: generation)
      ring.enqueueShutdown(slot, shutdown)
      let done = collect(&ring, 1)
      #expect(done.map(\.token) == [shutdown] && done.first?.result == 0)
      #expect(recv(peer, &got, 8, 0) == 0)
      close(peer)
      let end = collect(&ring, 1)
      #expect(end.map(\.token) == [token(.receive, generation: generation)])
      ring.enqueueClose(slot, reset: false, Token(.close))
    }
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: [true, false])
  func `a reset ends its own connection, and no later tenant of its slot`(direct: Bool) throws {
    let door = LoopbackSocket.listening()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    for generation in 1...20 as ClosedRange<UInt32> {
      // In one submission with the reset of the one before.
      let slot = try open(&ring, address, bytes, generation: generation)
      try #require(collect(&ring, 1).map(\.result) == [5])
      let peer = door.accept()
      var got = [UInt8](repeating: 0, count: 8)
      #expect(read(peer, &got, 8) == 5)
      // What the receive brings shows that it is armed; one that is in flight would keep the socket.
      #expect(write(peer, "x", 1) == 1)
      let receive = token(.receive, generation: generation)
      let received = collect(&ring, 1)
      #expect(received.map(\.token) == [receive] && received.first?.result == 1)
      if let buffer = received.first?.buffer { ring.recycle(buffer) }
      ring.enqueueCancel(0, operation: receive, Token(.cancel))
      #expect(collect(&ring, 1).map(\.token) == [receive])
      ring.enqueueClose(slot, reset: true, Token(.close))
      if generation.isMultiple(of: 2) {
        ring.submitAndWait(until: Instant(nanoseconds: 0))
        #expect(recv(peer, &got, 8, 0) == -1 && errno == ECONNRESET)
      }
      close(peer)
    }
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: [true, false])
  func `a refused connect is all that one hears of the three`(direct: Bool) throws {
    var ring = try ring(direct: direct)
    let closed = LoopbackSocket.refusing()
    defer { withExtendedLifetime(closed) {} }
    let bytes = SharedBytes("hello".utf8.span)
    let slot = try open(&ring, SocketAddress.resolve(host: "127.0.0.1", port: closed.port)[0], bytes)
    let completions = collect(&ring, 1)
    try #require(completions.map(\.token) == [token(.connect)])
    #expect(completions[0].result == -Errno.connectionRefused)
    ring.enqueueClose(slot, reset: false, Token(.close))
    // Nothing else comes of the chain, as another operation's completion shows.
    ring.submitAndWait(until: Instant(nanoseconds: ring.now().nanoseconds + 20_000_000))
    #expect(ring.reap() == nil)
  }

  @Test(arguments: [true, false])
  func `a slot can be closed and opened again in one submission`(direct: Bool) throws {
    let door = LoopbackSocket.listening()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    var slot = try open(&ring, address, bytes)
    _ = collect(&ring, 1)
    for generation in 2...20 as ClosedRange<UInt32> {
      close(door.accept())
      let end = collect(&ring, 1)
      try #require(end.map(\.token.generation) == [generation - 1])
      #expect(end[0].result <= 0)
      ring.enqueueClose(slot, reset: false, Token(.close))
      slot = try open(&ring, address, bytes, generation: generation)
      let sent = collect(&ring, 1)
      #expect(sent.map(\.token) == [token(.send, generation: generation)] && sent.first?.result == 5)
    }
    let peer = door.accept()
    var got = [UInt8](repeating: 0, count: 8)
    #expect(read(peer, &got, 8) == 5)
    ring.enqueueSilentSend(slot, bytes.region, token(.send))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    #expect(read(peer, &got, 8) == 5)
    #expect(ring.reap() == nil, "a silent send says nothing when it succeeds")
    close(peer)
  }

  @Test(arguments: [true, false])
  func `a connect under way is cancelled by its token`(direct: Bool) throws {
    // A full backlog leaves further connects without an answer.
    let door = LoopbackSocket.listening(backlog: 0)
    let fillers = (0..<4).map { _ in LoopbackSocket(connectingTo: door.port, waits: false) }
    defer { withExtendedLifetime(fillers) {} }
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let slot = try open(&ring, SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0], bytes)
    ring.submitAndWait(until: Instant(nanoseconds: ring.now().nanoseconds + 20_000_000))
    #expect(ring.reap() == nil, "the connect is under way")
    ring.enqueueCancel(0, operation: token(.connect), Token(.cancel))
    let completions = collect(&ring, 1)
    try #require(completions.map(\.token) == [token(.connect)])
    #expect(completions[0].result == -Errno.cancelled)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    #expect(ring.reap() == nil)
  }

  @Test(arguments: [true, false])
  func `a unix socket is connected to by its path`(direct: Bool) throws {
    let tree = TemporaryTree()
    let door = UnixSocket.listening(at: tree.absolute("s"))
    defer { withExtendedLifetime(door) {} }
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let slot = try open(&ring, #require(SocketAddress(unixPath: tree.absolute("s"))), bytes)
    let sent = collect(&ring, 1)
    #expect(sent.map(\.token) == [token(.send)] && sent.first?.result == 5)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }
}

import ApusRing
import Glibc
import Testing

/// Connections that the ring opens, on the kernel that runs the tests: with direct descriptors and with ordinary ones.
@Suite struct KernelConnectTests {
  /// A listening socket on a free port of the loopback address.
  private final class Door {
    let descriptor: Int32
    let port: UInt16

    init() {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let descriptor = descriptor
      let made = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
            && getsockname(descriptor, $0, &length) == 0
        }
      }
      precondition(made)
      port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    func accept() -> Int32 { Glibc.accept(descriptor, nil, nil) }
  }

  private func ring(direct: Bool) throws -> KernelRing {
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

  /// Completions until `count` have come, or two seconds have passed.
  private func collect(_ ring: inout KernelRing, _ count: Int) -> [Completion] {
    var all: [Completion] = []
    let end = Instant(nanoseconds: ring.now().nanoseconds + 2_000_000_000)
    while all.count < count, ring.now() < end {
      ring.submitAndWait(until: end)
      while let completion = ring.reap() { all.append(completion) }
    }
    return all
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

  private static let isDirectSupported = KernelVersion.running.isGoodAtDirectDescriptors
  private static var kinds: [Bool] { isDirectSupported ? [true, false] : [false] }

  @Test(arguments: kinds)
  func `connect, send and receive are one submission`(direct: Bool) throws {
    let door = Door()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    let slot = try open(&ring, address, bytes)
    #expect(direct == (slot == 5), "direct slots of the core's own lie above those for accepts")
    let sent = collect(&ring, 1)
    #expect(sent.map(\.token) == [token(.send)] && sent[0].result == 5)
    let peer = door.accept()
    var got = [UInt8](repeating: 0, count: 8)
    #expect(read(peer, &got, 8) == 5 && Array(got[..<5]) == Array("hello".utf8))
    #expect(write(peer, "answer", 6) == 6)
    let received = collect(&ring, 1)
    #expect(received.map(\.token) == [token(.receive)])
    #expect(received[0].result == 6 && received[0].hasMore)
    if let buffer = received[0].buffer { ring.recycle(buffer) }
    // Its end is seen without being asked for.
    close(peer)
    let end = collect(&ring, 1)
    #expect(end.map(\.token) == [token(.receive)] && end[0].result == 0 && !end[0].hasMore)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: kinds)
  func `a half-close says when it is done, and meets no later tenant of its slot`(direct: Bool) throws {
    let door = Door()
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
      #expect(done.map(\.token) == [shutdown] && done[0].result == 0)
      #expect(recv(peer, &got, 8, 0) == 0)
      close(peer)
      let end = collect(&ring, 1)
      #expect(end.map(\.token) == [token(.receive, generation: generation)])
      ring.enqueueClose(slot, reset: false, Token(.close))
    }
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: kinds)
  func `a reset ends its own connection, and no later tenant of its slot`(direct: Bool) throws {
    let door = Door()
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
      #expect(received.map(\.token) == [receive] && received[0].result == 1)
      if let buffer = received.first?.buffer { ring.recycle(buffer) }
      ring.enqueueCancel(operation: receive, Token(.cancel))
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

  @Test(arguments: kinds)
  func `a refused connect is all that one hears of the three`(direct: Bool) throws {
    var ring = try ring(direct: direct)
    let port = Door().port
    let bytes = SharedBytes("hello".utf8.span)
    let slot = try open(&ring, SocketAddress.resolve(host: "127.0.0.1", port: port)[0], bytes)
    let completions = collect(&ring, 1)
    #expect(completions.map(\.token) == [token(.connect)])
    #expect(completions[0].result == -Errno.connectionRefused)
    ring.enqueueClose(slot, reset: false, Token(.close))
    // Nothing else comes of the chain, as another operation's completion shows.
    ring.submitAndWait(until: Instant(nanoseconds: ring.now().nanoseconds + 20_000_000))
    #expect(ring.reap() == nil)
  }

  @Test(arguments: kinds)
  func `a slot can be closed and opened again in one submission`(direct: Bool) throws {
    let door = Door()
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0]
    var slot = try open(&ring, address, bytes)
    _ = collect(&ring, 1)
    for generation in 2...20 as ClosedRange<UInt32> {
      close(door.accept())
      let end = collect(&ring, 1)
      #expect(end.count == 1 && end[0].token.generation == generation - 1 && end[0].result <= 0)
      ring.enqueueClose(slot, reset: false, Token(.close))
      slot = try open(&ring, address, bytes, generation: generation)
      let sent = collect(&ring, 1)
      #expect(sent.map(\.token) == [token(.send, generation: generation)] && sent[0].result == 5)
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

  @Test(arguments: kinds)
  func `a connect under way is cancelled by its token`(direct: Bool) throws {
    // A full backlog leaves further connects without an answer.
    let door = Door()
    listen(door.descriptor, 0)
    var fillers: [Int32] = []
    for _ in 0..<4 {
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      address.sin_port = door.port.bigEndian
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = connect(filler, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      fillers.append(filler)
    }
    defer { for filler in fillers { close(filler) } }
    var ring = try ring(direct: direct)
    let bytes = SharedBytes("hello".utf8.span)
    let slot = try open(&ring, SocketAddress.resolve(host: "127.0.0.1", port: door.port)[0], bytes)
    ring.submitAndWait(until: Instant(nanoseconds: ring.now().nanoseconds + 20_000_000))
    #expect(ring.reap() == nil, "the connect is under way")
    ring.enqueueCancel(operation: token(.connect), Token(.cancel))
    let completions = collect(&ring, 1)
    #expect(completions.map(\.token) == [token(.connect)])
    #expect(completions[0].result == -Errno.cancelled)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    #expect(ring.reap() == nil)
  }

  @Test func `a unix socket is connected to by its path`() throws {
    let path = "/tmp/apus-connect-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer {
      close(descriptor)
      unlink(path)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      for (index, byte) in path.utf8.enumerated() { target[index] = byte }
    }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 && listen(descriptor, 4) == 0
      }
    }
    #expect(bound)
    for direct in Self.kinds {
      var ring = try ring(direct: direct)
      let bytes = SharedBytes("hello".utf8.span)
      let slot = try open(&ring, #require(SocketAddress(unixPath: path)), bytes)
      let sent = collect(&ring, 1)
      #expect(sent.map(\.token) == [token(.send)] && sent[0].result == 5)
      ring.enqueueClose(slot, reset: false, Token(.close))
      ring.submitAndWait(until: Instant(nanoseconds: 0))
    }
  }

  @Test func `names and numbers are resolved, and what has no address says so`() throws {
    #expect(try SocketAddress.resolve(host: "::1", port: 80)[0].family == .v6)
    #expect(try SocketAddress.resolve(host: "127.0.0.1", port: 80).map(\.family) == [.v4])
    #expect(throws: ResolveError.self) { try SocketAddress.resolve(host: "not a host", port: 80) }
    #expect(SocketAddress(unixPath: "") == nil)
    #expect(SocketAddress(unixPath: String(repeating: "x", count: 108)) == nil)
  }
}

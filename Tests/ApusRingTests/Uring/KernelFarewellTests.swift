import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// What is said before a half-close and a close, on the kernel that runs the tests: with direct descriptors
/// and with ordinary ones.
@Suite struct KernelFarewellTests {
  private let door = LoopbackSocket.listening()
  private let farewell = SharedBytes("bye".utf8.span)

  private func ring(direct: Bool) throws -> KernelRing {
    try requireSupport(direct: direct)
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = 4
    configuration.receiveBufferBytes = 64
    configuration.directDescriptors = direct ? 4 : 0
    return try KernelRing(configuration, listeners: [duplicated(door.descriptor)], wakeUp: WakeUp())
  }

  private func accept(_ ring: inout KernelRing) throws -> Slot {
    ring.enqueueAccept(listener: 0, Token(.accept))
    return Slot(try ring.result(of: .accept))
  }

  /// What comes until the end of the stream.
  private func all(of client: LoopbackSocket) -> [UInt8] {
    var (all, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = recv(client.descriptor, &bytes, bytes.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return all }
      all += bytes.prefix(count)
    }
  }

  @Test(arguments: [true, false])
  func `a close says its farewell, and completes`(direct: Bool) throws {
    let client = try #require(LoopbackSocket(connectingTo: door.port))
    var ring = try ring(direct: direct)
    let slot = try accept(&ring)
    ring.enqueueClose(slot, saying: farewell.region, reset: false, Token(.close))
    let result = try ring.result(of: .close)
    #expect(result == 0)
    #expect(all(of: client) == Array("bye".utf8))
  }

  @Test(arguments: [true, false])
  func `a half-close says its farewell before the FIN, and the peer may go on`(direct: Bool) throws {
    let client = try #require(LoopbackSocket(connectingTo: door.port))
    var ring = try ring(direct: direct)
    let slot = try accept(&ring)
    ring.enqueueShutdown(slot, saying: farewell.region, Token(.shutdown))
    let result = try ring.result(of: .shutdown)
    #expect(result == 0)
    #expect(all(of: client) == Array("bye".utf8))
    #expect(send(client.descriptor, "x", 1, Int32(MSG_NOSIGNAL)) == 1)
    ring.enqueueFirstReceive(slot, Token(.receive))
    let received = try ring.result(of: .receive)
    #expect(received == 1)
    ring.enqueueClose(slot, reset: false, Token(.close))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
  }

  @Test(arguments: [true, false])
  func `a close over an armed receive says its farewell`(direct: Bool) throws {
    let client = try #require(LoopbackSocket(connectingTo: door.port))
    var ring = try ring(direct: direct)
    let slot = try accept(&ring)
    ring.enqueueReceive(slot, Token(.receive))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    ring.enqueueCancelAndClose(
      slot, saying: farewell.region, receive: Token(.receive), cancel: Token(.cancel), Token(.close))
    let completions = collect(&ring, 2)
    #expect(Set(completions.map(\.token)) == [Token(.receive), Token(.close)])
    #expect(all(of: client) == Array("bye".utf8))
  }

  @Test(arguments: [true, false])
  func `a farewell that finds no room is left out, and the close is not`(direct: Bool) throws {
    let client = try #require(LoopbackSocket(connectingTo: door.port))
    var ring = try ring(direct: direct)
    let slot = try accept(&ring)
    // More than the socket and its peer have room for: cancelled, it leaves them full.
    let flood = SharedBytes([UInt8](repeating: 0x61, count: 64 << 20).span)
    ring.enqueueSend(slot, flood.region, Token(.send))
    ring.submitAndWait(until: Instant(nanoseconds: ring.now().nanoseconds + 20_000_000))
    ring.enqueueCancel(slot, operation: Token(.send), Token(.cancel))
    let sent = try ring.result(of: .send)
    try #require(sent > 0 && Int(sent) < flood.count)
    ring.enqueueClose(slot, saying: farewell.region, reset: false, Token(.close, slot: 1))
    let closed = collect(&ring) { $0.token == Token(.close, slot: 1) }
    #expect(closed.last?.result == 0)
    let all = all(of: client)
    #expect(all.count == Int(sent) || all.suffix(3).elementsEqual("bye".utf8))
  }
}

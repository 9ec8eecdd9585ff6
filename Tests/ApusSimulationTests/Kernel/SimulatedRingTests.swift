// The simulated kernel keeps the real one's promises, checked without faults, one rule per test.

import ApusRing
import ApusTesting
import Testing

@Suite struct SimulatedRingTests {
  static let millisecond: UInt64 = 1_000_000

  /// A driver with one accepted connection on slot 0.
  static func connected(
    _ configuration: SimulatedKernel.Configuration = .init(), _ peer: SimulatedPeer
  ) -> DirectDriver {
    var driver = DirectDriver(configuration)
    driver.kernel.add(peer)
    driver.ring.enqueueAccept(listener: 0, DirectDriver.accept)
    let batch = driver.turn()
    precondition(batch.count == 1 && batch[0].result == 0 && batch[0].hasMore, "the accept failed")
    return driver
  }

  @Test func `a wait jumps to the deadline, or to what happens before it`() {
    let peer = SimulatedPeer(steps: [.pause(nanoseconds: 5 * Self.millisecond), .send(bytes("x"))])
    var driver = Self.connected(.init(), peer)
    let start = driver.ring.now().nanoseconds
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let early = driver.turn(until: Instant(nanoseconds: start + 2 * Self.millisecond))
    #expect(early.isEmpty)
    #expect(driver.ring.now().nanoseconds == start + 2 * Self.millisecond)
    let batch = driver.turn(until: Instant(nanoseconds: start + 75_000 * Self.millisecond))
    #expect(driver.ring.now().nanoseconds == start + 5 * Self.millisecond)
    #expect(batch.map(\.result) == [1])
  }

  @Test func `an event at the very deadline is in the deadline's batch`() {
    let peer = SimulatedPeer(steps: [.pause(nanoseconds: 5 * Self.millisecond), .send(bytes("x"))])
    var driver = Self.connected(.init(), peer)
    let start = driver.ring.now().nanoseconds
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let batch = driver.turn(until: Instant(nanoseconds: start + 5 * Self.millisecond))
    #expect(batch.map(\.result) == [1])
  }

  @Test func `a multishot receive splits by buffers and ends with the peer's FIN`() {
    var configuration = SimulatedKernel.Configuration()
    configuration.bufferBytes = 4
    let peer = SimulatedPeer(steps: [.send(bytes("abcdefghij")), .halfClose])
    var driver = Self.connected(configuration, peer)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let batch = driver.all(within: Self.millisecond)
    #expect(batch.map(\.result) == [4, 4, 2, 0])
    #expect(batch.map(\.hasMore) == [true, true, true, false])
    #expect(batch.map { $0.buffer != nil } == [true, true, true, false])
    var text: [UInt8] = []
    for completion in batch { text += driver.take(completion) }
    #expect(text == bytes("abcdefghij"))
  }

  @Test func `an exhausted buffer pool ends the receive, and recycling lets the next one go on`() {
    var configuration = SimulatedKernel.Configuration()
    configuration.bufferBytes = 4
    configuration.bufferCount = 2
    let peer = SimulatedPeer(steps: [.send(bytes("abcdefghij"))])
    var driver = Self.connected(configuration, peer)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let first = driver.turn()
    #expect(first.map(\.result) == [4, 4, -105])  // ENOBUFS
    #expect(first.last?.hasMore == false)
    let held = driver.kernel.auditWhileOpen()
    #expect(held.count == 1, "two buffers are held")
    for completion in first { _ = driver.take(completion) }
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let second = driver.turn()
    #expect(second.map(\.result) == [2])
    #expect(second.last?.hasMore == true)
  }

  @Test func `a single receive lands in our own memory, an idle one waits`() {
    let peer = SimulatedPeer(steps: [.pause(nanoseconds: 10), .send(bytes("hello"))])
    var driver = Self.connected(.init(), peer)
    let block = driver.block([0, 0, 0, 0])
    let token = Token(.receiveInto, slot: 0)
    driver.ring.enqueueReceive(0, into: block.writable(0..<4), token)
    let batch = driver.turn()
    #expect(batch.map(\.result) == [4])
    #expect(batch.map(\.hasMore) == [false])
    #expect(block.readable(0..<4).count == 4)
    let landed = block.bytes(0..<4)
    #expect(landed[0] == UInt8(ascii: "h") && landed[3] == UInt8(ascii: "l"))
  }

  @Test func `a send of two regions arrives whole and in order`() {
    let peer = SimulatedPeer(steps: [])
    var driver = Self.connected(.init(), peer)
    let head = driver.region(bytes("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"))
    driver.ring.enqueueSend(0, head, driver.region(bytes("abc")), DirectDriver.send(0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [Int32(head.count + 3)])
    #expect(peer.answers.map(\.text) == ["abc"])
  }

  @Test func `a send to a shut window waits, and a cancel tells how far it came`() {
    let peer = SimulatedPeer(steps: [])
    peer.reading = .never
    peer.windowBytes = 10
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueSend(0, driver.region(bytes("0123456789abcdef")), DirectDriver.send(0))
    let waiting = driver.all(within: 1000 * Self.millisecond)
    #expect(waiting.isEmpty)
    driver.ring.enqueueCancel(0, operation: DirectDriver.send(0), Token(.cancel, slot: 0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [10])
    driver.ring.enqueueSend(0, driver.region(bytes("x")), DirectDriver.send(0))
    driver.ring.enqueueCancel(0, operation: DirectDriver.send(0), Token(.cancel, slot: 0))
    let nothing = driver.turn()
    #expect(nothing.map(\.result) == [-125], "ECANCELED when nothing was taken")
  }

  @Test func `a slow reader lets a send complete in the end`() {
    let peer = SimulatedPeer(steps: [])
    peer.reading = .slow(bytes: 100, every: Self.millisecond)
    peer.windowBytes = 1000
    var driver = Self.connected(.init(), peer)
    let start = driver.ring.now().nanoseconds
    driver.ring.enqueueSend(
      0, driver.region([UInt8](repeating: 65, count: 5000)), DirectDriver.send(0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [5000])
    // 4,000 bytes had to leave the window, 100 in each millisecond.
    #expect(driver.ring.now().nanoseconds == start + 40 * Self.millisecond)
  }

  @Test func `after a reset one operation fails with it, later sends break`() {
    let peer = SimulatedPeer(steps: [.pause(nanoseconds: 100), .reset])
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [-104])  // ECONNRESET
    #expect(batch.map(\.hasMore) == [false])
    driver.ring.enqueueSend(0, driver.region(bytes("x")), DirectDriver.send(0))
    let late = driver.turn()
    #expect(late.map(\.result) == [-32])  // EPIPE
  }

  @Test func `cancel and close frees the slot at once, and the next connection gets it`() throws {
    let first = SimulatedPeer(steps: [])
    var driver = Self.connected(.init(), first)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    driver.kernel.add(SimulatedPeer(steps: []), after: Self.millisecond)
    let idle = driver.turn(until: Instant(nanoseconds: driver.ring.now().nanoseconds + 1))
    #expect(idle.isEmpty)
    driver.ring.enqueueCancelAndClose(
      0, receive: Token(.receive, slot: 0), cancel: Token(.cancel), Token(.close, slot: 0))
    let batch = driver.all(within: 2 * Self.millisecond)
    try #require(batch.map(\.result) == [-125, 0])  // ECANCELED
    #expect(batch[0].token == DirectDriver.receive(0) && !batch[0].hasMore)
    #expect(batch[1].token == DirectDriver.accept, "slot 0 again")
    #expect(first.endedAt != nil && first.resetAt == nil)
    #expect(driver.kernel.violations == [])
  }

  @Test func `a first receive brings one completion, and none after it`() {
    let peer = SimulatedPeer(steps: [.send(bytes("a")), .pause(nanoseconds: 1000), .send(bytes("b"))])
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueFirstReceive(0, DirectDriver.receive(0))
    let batch = driver.all(within: Self.millisecond)
    #expect(batch.map(\.result) == [1])
    #expect(batch.map(\.hasMore) == [false])
    #expect(batch.map { $0.buffer != nil } == [true])
  }

  @Test func `closing over unread input resets the peer and destroys what it has not read`() {
    let peer = SimulatedPeer(steps: [.send(bytes("unread"))])
    peer.reading = .never
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueSend(0, driver.region(bytes("answer")), DirectDriver.send(0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [6])
    driver.ring.enqueueClose(0, reset: false, Token(.close, slot: 0))
    let silence = driver.turn(until: driver.ring.now())
    #expect(silence.isEmpty, "a close is silent")
    #expect(peer.resetAt != nil)
    #expect(peer.receivedBytes == 0)
  }

  @Test func `a half-close shows the peer our FIN while we still read`() {
    let peer = SimulatedPeer(steps: [.pause(nanoseconds: Self.millisecond), .send(bytes("more")), .close])
    peer.closesAtEnd = false
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let shutdown = Token(.shutdown, slot: 0)
    driver.ring.enqueueShutdown(0, shutdown)
    let batch = driver.all(within: 2 * Self.millisecond)
    #expect(batch.map(\.token) == [shutdown, DirectDriver.receive(0), DirectDriver.receive(0)])
    #expect(batch.map(\.result) == [0, 4, 0])
    #expect(peer.endedAt != nil)
  }

  @Test func `a farewell comes before the half-close and before the close, and lets the close complete`() {
    for isClose in [true, false] {
      let peer = SimulatedPeer(steps: [])
      peer.closesAtEnd = false
      var driver = Self.connected(.init(), peer)
      let token = Token(isClose ? .close : .shutdown, slot: 0)
      let farewell = driver.region(bytes("bye"))
      if isClose {
        driver.ring.enqueueClose(0, saying: farewell, reset: false, token)
      } else {
        driver.ring.enqueueShutdown(0, saying: farewell, token)
      }
      let batch = driver.all(within: Self.millisecond)
      #expect(batch.map(\.token) == [token])
      #expect(peer.receivedBytes == 3 && peer.endedAt != nil)
      #expect(driver.kernel.violations == [])
    }
  }

  @Test func `cancelling by token ends that operation alone, and says so when there is none`() {
    let peer = SimulatedPeer(steps: [])
    peer.reading = .never
    peer.windowBytes = 1
    var driver = Self.connected(.init(), peer)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    driver.ring.enqueueSend(0, driver.region(bytes("xy")), DirectDriver.send(0))
    let cancel = Token(.cancel, slot: 0)
    driver.ring.enqueueCancel(0, operation: DirectDriver.receive(0), cancel)
    let batch = driver.turn()
    #expect(batch.map(\.token) == [DirectDriver.receive(0)])
    #expect(batch.map(\.result) == [-125])
    driver.ring.enqueueCancel(0, operation: DirectDriver.receive(0), cancel)
    let again = driver.turn()
    #expect(again.map(\.token) == [cancel])
    #expect(again.map(\.result) == [-2])  // ENOENT
  }

  @Test func `a full table loses the connection and ends the accept`() {
    var configuration = SimulatedKernel.Configuration()
    configuration.slotCount = 1
    var driver = Self.connected(configuration, SimulatedPeer(steps: []))
    let second = SimulatedPeer(steps: [])
    driver.kernel.add(second)
    let batch = driver.turn()
    #expect(batch.map(\.result) == [-23])  // ENFILE
    #expect(batch.map(\.hasMore) == [false])
    #expect(second.endedAt != nil)
    #expect(driver.kernel.statistics.lost == 1)
  }

  @Test func `cancelling the accept leaves newcomers in the backlog until the listener closes`() {
    var driver = DirectDriver()
    driver.ring.enqueueAccept(listener: 0, DirectDriver.accept)
    driver.ring.enqueueCancel(0, operation: DirectDriver.accept, Token(.acceptCancel))
    let cancelled = driver.turn()
    #expect(cancelled.map(\.result) == [-125])
    let waiting = SimulatedPeer(steps: [])
    let late = SimulatedPeer(steps: [])
    driver.kernel.add(waiting)
    driver.kernel.add(late, after: Self.millisecond)
    _ = driver.turn(until: Instant(nanoseconds: driver.ring.now().nanoseconds + 1))
    #expect(waiting.connectedAt != nil && waiting.resetAt == nil)
    driver.ring.closeListener(0)
    #expect(waiting.resetAt != nil)
    _ = driver.turn()
    #expect(late.refusedAt != nil)
  }

  @Test func `the wake-up completes once per arming, and is not lost while unarmed`() {
    var driver = DirectDriver()
    let wake = Token(.wake)
    driver.kernel.ringWake()
    let unarmed = driver.turn(until: Instant(nanoseconds: driver.ring.now().nanoseconds + 1))
    #expect(unarmed.isEmpty)
    driver.ring.enqueueWake(wake)
    let armed = driver.turn()
    #expect(armed.map(\.token) == [wake])
    let idle = driver.turn()
    #expect(idle.isEmpty)
  }

  @Test func `the peer's window blocks its sends until we receive`() {
    var configuration = SimulatedKernel.Configuration()
    configuration.receiveWindowBytes = 8
    let peer = SimulatedPeer(steps: [.send(bytes("0123456789abcdef"))])
    var driver = Self.connected(configuration, peer)
    _ = driver.all(within: Self.millisecond)
    #expect(!peer.hasFinished)
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    var text: [UInt8] = []
    for completion in driver.all(within: Self.millisecond) { text += driver.take(completion) }
    #expect(text == bytes("0123456789abcdef"))
    #expect(peer.hasFinished)
  }
}

import ApusRing
import Glibc
import Synchronization
import Testing

/// The ring on the kernel that runs the tests, over socket pairs.
@Suite struct KernelRingTests {
  /// A connected pair; the ring has `near`, the test `far`.
  private final class Pair {
    let near: Int32
    let far: Int32
    init() {
      var ends: [Int32] = [-1, -1]
      precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
      (near, far) = (ends[0], ends[1])
    }
    deinit {
      close(near)
      close(far)
    }
    func write(_ bytes: [UInt8]) { precondition(Glibc.write(far, bytes, bytes.count) == bytes.count) }
    func read(_ count: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = Glibc.read(far, &bytes, count)
      return Array(bytes.prefix(max(0, got)))
    }
  }

  private func makeRing(buffers: Int = 4, bytesEach: Int = 64, entries: UInt32 = 64) throws -> KernelRing {
    var configuration = KernelRing.Configuration()
    configuration.receiveBufferCount = buffers
    configuration.receiveBufferBytes = bytesEach
    configuration.submissionEntries = entries
    return try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
  }

  @Test func `used-up buffers end the receive, and recycled ones bring the rest: no byte is lost`() throws {
    let pair = Pair()
    var ring = try makeRing(buffers: 2, bytesEach: 16)
    let sent = (0..<100).map { UInt8($0) }
    pair.write(sent)
    var received: [UInt8] = []
    var shortages = 0
    var held: [BufferID] = []
    ring.enqueueReceive(Slot(pair.near), Token(.receive, slot: Slot(pair.near), generation: 3))
    while received.count < sent.count {
      // A receive that has brought everything waits on.
      var missing = sent.count - received.count
      let batch = collect(&ring) { completion in
        missing -= Int(max(0, completion.result))
        return !completion.hasMore || missing == 0
      }
      for completion in batch {
        #expect(completion.token == Token(.receive, slot: Slot(pair.near), generation: 3))
        if completion.result == -Errno.noBuffers {
          shortages += 1
          continue
        }
        let buffer = try #require(completion.buffer)
        let bytes = ring.bytes(of: buffer, count: Int(completion.result))
        for index in bytes.indices { received.append(bytes[index]) }
        // Lent until the shortage: recycling at once would never run short.
        held.append(buffer)
      }
      try #require(shortages < 100 && !held.isEmpty)
      for buffer in held { ring.recycle(buffer) }
      held = []
      ring.enqueueReceive(Slot(pair.near), Token(.receive, slot: Slot(pair.near), generation: 3))
    }
    #expect(received == sent)
    #expect(shortages > 0)
  }

  @Test func `the peer's end completes a receive with 0`() throws {
    let pair = Pair()
    var ring = try makeRing()
    ring.enqueueReceive(Slot(pair.near), Token(.receive))
    shutdown(pair.far, Int32(SHUT_WR))
    let last = collect(&ring, until: { !$0.hasMore }).last
    #expect(last?.result == 0 && last?.buffer == nil)
  }

  @Test func `a send of two regions arrives in order`() throws {
    let pair = Pair()
    var ring = try makeRing()
    let head = SharedBytes("head-".utf8.span)
    let body = SharedBytes("body".utf8.span)
    ring.enqueueSend(Slot(pair.near), head.region, body.region, Token(.send))
    #expect(collect(&ring, until: { $0.token.operation == .send }).last?.result == 9)
    #expect(pair.read(100) == Array("head-body".utf8))
  }

  @Test func `a full submission queue submits by itself and loses nothing`() throws {
    let pair = Pair()
    var ring = try makeRing(entries: 8)
    let byte = SharedBytes("x".utf8.span)
    let count = 200
    for number in 0..<count {
      ring.enqueueSend(Slot(pair.near), byte.region, Token(.send, slot: Slot(number)))
    }
    var seen: [Slot] = []
    _ = collect(&ring) {
      #expect($0.result == 1)
      seen.append($0.token.slot)
      return seen.count == count
    }
    #expect(seen == (0..<count).map { Slot($0) })
    #expect(pair.read(count + 1).count == count)
  }

  @Test func `a receive that is cancelled by its token completes once, the others stay`() throws {
    let (one, other) = (Pair(), Pair())
    var ring = try makeRing()
    let token = Token(.receive, slot: Slot(one.near), generation: 9)
    ring.enqueueReceive(Slot(one.near), token)
    ring.enqueueReceive(Slot(other.near), Token(.receive, slot: Slot(other.near)))
    ring.submitAndWait(until: Instant(nanoseconds: 0))
    ring.enqueueCancel(0, operation: token, Token(.cancel))
    let ended = collect(&ring) { !$0.hasMore }
    #expect(ended.map(\.result) == [-Errno.cancelled])
    #expect(ended.map(\.token) == [token])
    other.write([1, 2, 3])
    #expect(collect(&ring) { $0.buffer != nil }.last?.result == 3)
  }

  @Test func `a wait ends at its deadline, and at the bell`() throws {
    let wakeUp = WakeUp()
    var ring = try KernelRing(KernelRing.Configuration(), listeners: [], wakeUp: wakeUp)
    let start = ring.now()
    ring.submitAndWait(until: Instant(nanoseconds: start.nanoseconds + 30_000_000))
    #expect(ring.now().nanoseconds - start.nanoseconds >= 30_000_000)
    ring.enqueueWake(Token(.wake))
    let thread = CoreThread(name: "bell", processor: nil) { wakeUp.ring() }
    #expect(collect(&ring, until: { $0.token.operation == .wake }).last?.token == Token(.wake))
    thread.join()
  }

  /// Whether a socket pair's second end knows of it at once when the first is closed behind the end of a ring
  /// that had `enqueue`'s operations on it in flight: any that still were would keep the socket.
  private func isDone(_ enqueue: (inout KernelRing, Slot) -> Void) throws -> Bool {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    do {
      var ring = try makeRing()
      enqueue(&ring, Slot(ends[0]))
      ring.submitAndWait(until: Instant(nanoseconds: 0))
    }
    close(ends[0])
    defer { close(ends[1]) }
    var byte: UInt8 = 0
    return recv(ends[1], &byte, 1, Int32(MSG_DONTWAIT)) == 0
  }

  @Test func `when a ring has ended, the kernel is done with all that it had in flight`() throws {
    let atOnce = try (0..<20).count { _ in
      let memory = OwnedBlock(64)
      return try isDone { ring, slot in
        ring.enqueueReceive(slot, into: memory.block.writable(0..<64), Token(.receiveInto))
        ring.enqueueReceive(slot, Token(.receive))
        ring.enqueueWake(Token(.wake))
      }
    }
    // A process that another test starts keeps the socket, too, until it becomes another program.
    #expect(atOnce >= 15)
  }

  @Test
  func `when a ring has ended with thousands of receives in flight, the kernel is done with all of them`()
    throws
  {
    let atOnce = try (0..<4).count { _ in
      try isDone { ring, slot in
        for number in 0..<4000 { ring.enqueueReceive(slot, Token(.receive, slot: Slot(number))) }
      }
    }
    #expect(atOnce >= 3)
  }

  @Test func `completions beyond the queue's room are kept`() throws {
    var configuration = KernelRing.Configuration()
    configuration.submissionEntries = 64
    configuration.completionEntries = 64
    var ring = try KernelRing(configuration, listeners: [], wakeUp: WakeUp())
    // One pair does not take 500 sends of a byte each before somebody reads.
    let pairs = (0..<5).map { _ in Pair() }
    let byte = SharedBytes("x".utf8.span)
    for number in 0..<500 {
      ring.enqueueSend(Slot(pairs[number % 5].near), byte.region, Token(.send, slot: Slot(number)))
    }
    var count = 0
    _ = collect(&ring) { _ in
      count += 1
      return count == 500
    }
    #expect(count == 500)
  }

  private final class Interruptions: Sendable {
    let count = Atomic(0)
  }

  @Test func `the self-test leaves its caller's thread alone`() {
    let pair = Pair()
    var patience = timeval(tv_sec: 0, tv_usec: 20_000)
    setsockopt(pair.near, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let (near, interruptions) = (pair.near, Interruptions())
    // Other tests' rings end on this thread.
    let caller = CoreThread(name: "caller", processor: nil) {
      for _ in 0..<20 {
        try? KernelRing.selfTest()
        // A ring that ended here would interrupt a wait that has a limit (signal(7)).
        var byte: UInt8 = 0
        if recv(near, &byte, 1, 0) != -1 || errno != EAGAIN {
          interruptions.count.add(1, ordering: .relaxed)
        }
      }
    }
    caller.join()
    withExtendedLifetime(pair) {}
    #expect(interruptions.count.load(ordering: .relaxed) == 0)
  }
}

// NullRing: a driver without a kernel, to count what a request costs a core in user space. Each connection
// sends one request per turn, and every send completes in full in the next turn. No server uses it. It is in
// this module because a reactor is specialised only for drivers of its own module, and an unspecialised one
// would count calls that no server makes.

package import ApusRing
import ApusWire

/// A ring whose clients are all connected, send one request per turn and read at once.
package struct NullRing: RingDriver, ~Copyable {
  private let request: OwnedBlock
  private let requestBytes: Int
  private let connections: Int
  private var clock = Instant(nanoseconds: 1_000_000_000)
  /// Completions of this turn.
  private var completions: [Completion] = []
  private var reapedCount = 0
  private var nextCompletions: [Completion] = []
  /// The multishot receives. Each completes once per turn.
  private var receives: [Token] = []
  private var receivedCount = 0
  /// Bytes that were sent to the connections.
  package private(set) var sentBytes = 0

  /// - Parameters:
  ///   - connections: Number of connections that are accepted in the first turn.
  ///   - request: Bytes that each of them sends in each turn.
  package init(connections: Int, request: [UInt8]) {
    self.connections = connections
    self.request = OwnedBlock(request.count)
    requestBytes = request.count
    var count = 0
    self.request.block.append(after: &count) { $0.append(copying: request.span) }
  }

  package mutating func submitAndWait(until deadline: Instant?) {
    clock = Instant(nanoseconds: clock.nanoseconds + 300_000)
    completions.removeAll(keepingCapacity: true)
    swap(&completions, &nextCompletions)
    reapedCount = 0
    receivedCount = 0
  }

  package mutating func reap() -> Completion? {
    if reapedCount < completions.count {
      reapedCount += 1
      return completions[reapedCount - 1]
    }
    guard receivedCount < receives.count else { return nil }
    receivedCount += 1
    return Completion(
      token: receives[receivedCount - 1], result: Int32(requestBytes), buffer: 0, hasMore: true)
  }

  package func now() -> Instant { clock }
  package func unixSeconds() -> Int64 { Int64(clock.nanoseconds / 1_000_000_000) }
  package var listenerCount: Int { 1 }

  package mutating func enqueueAccept(listener: Int, _ token: Token) {
    for slot in 0..<connections {
      nextCompletions.append(Completion(token: token, result: Int32(slot), hasMore: true))
    }
  }

  package mutating func enqueueReceive(_ slot: Slot, _ token: Token) { receives.append(token) }

  package mutating func enqueueFirstReceive(_ slot: Slot, _ token: Token) {
    nextCompletions.append(Completion(token: token, result: Int32(requestBytes), buffer: 0))
  }

  package mutating func enqueueSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    complete(token, region.count)
  }

  package mutating func enqueueSend(
    _ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion, _ token: Token
  ) {
    complete(token, head.count + body.count)
  }

  /// Completes a file's read without reading: no one looks at the sent bytes.
  package mutating func enqueueRead(
    _ file: borrowing OpenFile, offset: UInt64, into region: WritableRegion, _ token: Token
  ) {
    nextCompletions.append(Completion(token: token, result: Int32(region.count)))
  }

  private mutating func complete(_ token: Token, _ bytes: Int) {
    sentBytes += bytes
    nextCompletions.append(Completion(token: token, result: Int32(bytes)))
  }

  @_lifetime(&self)
  package mutating func bytes(of buffer: BufferID, count: Int) -> Span<UInt8> {
    request.block.bytes(0..<count)
  }

  package mutating func recycle(_ buffer: BufferID) {}
  package mutating func reserve(_ entries: Int) {}
  package mutating func enqueueWake(_ token: Token) {}
}

// Its connections need none of these: they neither close nor fail, and no handler uses a file or a server.
extension NullRing {
  package mutating func closeListener(_ listener: Int) { isNotAsked() }
  package mutating func enqueueReceive(_ slot: Slot, into region: WritableRegion, _ token: Token) {
    isNotAsked()
  }
  package mutating func enqueueSilentSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    isNotAsked()
  }
  package mutating func enqueueFileSend(_ slot: Slot, _ part: FilePart, _ token: Token) -> Bool { false }
  package func readsSends(on slot: Slot) -> Bool { false }
  package mutating func openSocket(_ number: UInt32, to address: SocketAddress) -> SocketOpening {
    isNotAsked()
  }
  package mutating func enqueueConnect(
    _ slot: Slot, to address: SocketAddress, sending region: ReadableRegion, connect: Token, send: Token,
    receive: Token
  ) { isNotAsked() }
  package mutating func enqueueConnect(_ slot: Slot, to address: SocketAddress, _ token: Token) {
    isNotAsked()
  }
  package mutating func enqueueShutdown(_ slot: Slot, saying farewell: ReadableRegion?, _ token: Token) {
    isNotAsked()
  }
  package mutating func enqueueCancel(_ slot: Slot, operation: Token, _ token: Token) { isNotAsked() }
  package mutating func enqueueClose(
    _ slot: Slot, saying farewell: ReadableRegion?, reset: Bool, _ token: Token
  ) { isNotAsked() }
  package mutating func enqueueCancelAndClose(
    _ slot: Slot, saying farewell: ReadableRegion?, receive: Token, cancel: Token, _ token: Token
  ) { isNotAsked() }
  package mutating func enqueuePeerAddress(_ slot: Slot, listener: Int, _ token: Token) { isNotAsked() }
  package func peerAddress(of slot: Slot) -> PeerAddress? { nil }

  package mutating func enqueueWrite(descriptor: Int32, _ region: ReadableRegion, _ token: Token) {
    isNotAsked()
  }

  private func isNotAsked(_ verb: String = #function) -> Never {
    preconditionFailure("a null ring has no \(verb)")
  }
}

extension Reactor where Driver == NullRing {
  /// Runs this many turns; each connection gets one response per turn.
  package mutating func run(turns: Int) {
    for _ in 0..<turns { turn() }
  }
}

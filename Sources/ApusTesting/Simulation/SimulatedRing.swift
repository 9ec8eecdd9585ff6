// SimulatedRing: a `RingDriver` without a kernel. A thin handle: the state is the `SimulatedKernel`'s, which
// a test keeps while the reactor owns the ring.

package import ApusRing

package struct SimulatedRing: RingDriver, ~Copyable {
  private let kernel: SimulatedKernel
  private let buffers: SimulatedBuffers

  package init(_ kernel: SimulatedKernel) {
    self.kernel = kernel
    buffers = kernel.buffers
  }

  package func now() -> Instant { kernel.now }
  package func unixSeconds() -> Int64 { kernel.unixSeconds }

  package var listenerCount: Int { kernel.configuration.listenerCount }

  package mutating func enqueueAccept(listener: Int, _ token: Token) {
    kernel.enqueue(.accept(listener: listener, token))
  }

  package mutating func closeListener(_ listener: Int) { kernel.close(listener: listener) }

  package mutating func enqueueReceive(_ slot: Slot, _ token: Token) { kernel.enqueue(.receive(slot, token)) }

  package mutating func enqueueFirstReceive(_ slot: Slot, _ token: Token) {
    kernel.enqueue(.receiveFirst(slot, token))
  }

  package mutating func enqueueReceive(_ slot: Slot, into region: WritableRegion, _ token: Token) {
    kernel.enqueue(.receiveInto(slot, region, token))
  }

  package mutating func enqueueSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    kernel.enqueue(.send(slot, region, nil, token))
  }

  package mutating func enqueueSend(
    _ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion, _ token: Token
  ) {
    kernel.enqueue(.send(slot, head, body, token))
  }

  package mutating func enqueueSilentSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    kernel.enqueue(.sendSilently(slot, region, token))
  }

  package mutating func enqueueFileSend(_ slot: Slot, _ part: FilePart, _ token: Token) -> Bool {
    guard !readsSends(on: slot), !kernel.strikes(.noFileSocket) else { return false }
    kernel.enqueue(.fileSend(slot, part, token))
    return true
  }

  package func readsSends(on slot: Slot) -> Bool { kernel.configuration.readsSends }

  package mutating func openSocket(_ number: UInt32, to address: SocketAddress) -> SocketOpening {
    .slot(Slot(kernel.configuration.slotCount + Int(number)))
  }

  package mutating func enqueueConnect(
    _ slot: Slot, to address: SocketAddress, sending region: ReadableRegion, connect: Token, send: Token,
    receive: Token
  ) {
    kernel.enqueue(.connect(slot, address, region, connect: connect, send: send, receive: receive))
  }

  package mutating func enqueueConnect(_ slot: Slot, to address: SocketAddress, _ token: Token) {
    kernel.enqueue(.connect(slot, address, nil, connect: token, send: token, receive: token))
  }

  package mutating func enqueueShutdown(_ slot: Slot, saying farewell: ReadableRegion? = nil, _ token: Token)
  {
    kernel.enqueue(.shutdown(slot, saying: farewell, token))
  }

  package mutating func enqueueCancel(_ slot: Slot, operation: Token, _ token: Token) {
    kernel.enqueue(.cancel(slot, operation: operation, token))
  }

  package mutating func enqueueClose(
    _ slot: Slot, saying farewell: ReadableRegion? = nil, reset: Bool, _ token: Token
  ) {
    kernel.enqueue(.close(slot, saying: farewell, reset: reset, token))
  }

  package mutating func enqueueCancelAndClose(
    _ slot: Slot, saying farewell: ReadableRegion? = nil, receive: Token, cancel: Token, _ token: Token
  ) {
    kernel.enqueue(.cancelAndClose(slot, saying: farewell, receive: receive, cancel: cancel, token))
  }

  package mutating func enqueuePeerAddress(_ slot: Slot, listener: Int, _ token: Token) {
    kernel.enqueue(.peerAddress(slot, token))
  }

  package func peerAddress(of slot: Slot) -> PeerAddress? { kernel.peerAddress(of: slot) }

  package mutating func enqueueRead(
    _ file: borrowing OpenFile, offset: UInt64, into region: WritableRegion, _ token: Token
  ) {
    kernel.enqueue(.read(file.descriptor, offset, region, token))
  }

  package mutating func enqueueWrite(descriptor: Int32, _ region: ReadableRegion, _ token: Token) {
    kernel.enqueue(.write(region, token))
  }

  package mutating func enqueueWake(_ token: Token) { kernel.enqueue(.wake(token)) }

  package mutating func reserve(_ entries: Int) {}
  package mutating func submitAndWait(until deadline: Instant?) { kernel.submitAndWait(until: deadline) }
  package mutating func reap() -> Completion? { kernel.reap() }

  @_lifetime(borrow self)
  package func bytes(of buffer: BufferID, count: Int) -> Span<UInt8> {
    let span = buffers.bytes(of: buffer, count: count)
    // Safety: `self` keeps the buffers alive.
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  package mutating func recycle(_ buffer: BufferID) { kernel.recycle(buffer) }
}

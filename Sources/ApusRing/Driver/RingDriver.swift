// RingDriver: the one seam between a core and the kernel. `KernelRing` stands behind it in production,
// ApusTesting's `SimulatedRing` in tests. Verbs are fixed: *enqueue* writes to our memory, *submit* is the
// system call, *reap* reads completions.

/// The result of making a socket.
package enum SocketOpening: Equatable, Sendable {
  case slot(Slot)
  /// errno: no descriptor, or no such family.
  case failed(Int32)
}

/// The calls that a core makes to the kernel. One thread uses a driver, the one that created it.
///
/// Every enqueue yields exactly one completion with the same token (a multishot one several, the last without
/// `hasMore`), with these exceptions: `enqueueClose` is silent without a farewell, `enqueueCancel` and
/// `enqueueSilentSend` are silent when they succeed, and `enqueueConnect` says what it yields.
package protocol RingDriver: ~Copyable {
  /// The monotonic clock.
  mutating func now() -> Instant
  /// Seconds since 1970, for `Date`.
  mutating func unixSeconds() -> Int64

  /// Addresses that the core listens on.
  var listenerCount: Int { get }
  /// Multishot accept on one of the core's listeners. Result: the new connection's slot, or a negated errno.
  mutating func enqueueAccept(listener: Int, _ token: Token)
  /// Closes a listener; what still waits in its backlog was accepted by then.
  mutating func closeListener(_ listener: Int)
  /// Multishot receive into provided buffers. Result: bytes, 0 at the peer's FIN, or a negated errno.
  mutating func enqueueReceive(_ slot: Slot, _ token: Token)
  /// One receive into a provided buffer, tried at once: an accepted connection's first bytes are usually here
  /// already, and a connection that serves one request needs no multishot to be cancelled. Results as with
  /// `enqueueReceive`, always without `hasMore`.
  mutating func enqueueFirstReceive(_ slot: Slot, _ token: Token)
  /// One receive straight into memory that the request owns.
  mutating func enqueueReceive(_ slot: Slot, into region: WritableRegion, _ token: Token)
  /// One send (MSG_WAITALL|MSG_NOSIGNAL). Result: bytes sent, short only if it was
  /// cancelled or the peer left.
  mutating func enqueueSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token)
  /// One send of two regions, `head` first.
  mutating func enqueueSend(_ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion, _ token: Token)
  /// The same for bytes that live as long as the driver, where nobody needs to know when they have left:
  /// silent unless it fails or is short. Only when every earlier send on the slot is known to be done.
  mutating func enqueueSilentSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token)
  /// One send of part of a file, without a copy, as soon as the socket has room. `false`: this driver or
  /// this slot has no such way just now, and nothing was enqueued. The token names the slot.
  ///
  /// Result: the bytes that the socket took, its head's included, which may be less than all and is 0 if
  /// there was no room after all, or a negated errno: -EFAULT if the file is shorter than the answer has
  /// promised, -EOPNOTSUPP if this part is to be copied instead, because it is not in memory or the file or
  /// the socket cannot be sent so. A cancelled one still sends what there is room for.
  mutating func enqueueFileSend(_ slot: Slot, _ part: FilePart, _ token: Token) -> Bool
  /// The driver itself reads what is sent on this slot, to encrypt it, rather than the kernel. Regions of a
  /// mapped file are not sent there: a load from a file that was truncated ends the process (mmap(2),
  /// SIGBUS), where the kernel answers -EFAULT. Constant for as long as a connection has the slot.
  func readsSends(on slot: Slot) -> Bool
  /// The slot for the core's own connection `number`, which `enqueueConnect` takes. Direct
  /// descriptors for these lie above those for accepted ones; before them, an ordinary socket is made
  /// at once, which can fail.
  mutating func openSocket(_ number: UInt32, to address: SocketAddress) -> SocketOpening
  /// A new connection in one linked submission: connect, send `region`, arm the multishot receive.
  ///
  /// If the connect fails, its completion is the only one of the three. If it succeeds, the send's completion
  /// tells of both; the receive's follows, with -ECANCELED if the send failed or was short.
  mutating func enqueueConnect(
    _ slot: Slot, to address: SocketAddress, sending region: ReadableRegion, connect: Token, send: Token,
    receive: Token)
  /// Connects, and no more; completes with 0 or a negated errno.
  mutating func enqueueConnect(_ slot: Slot, to address: SocketAddress, _ token: Token)
  /// Half-close: the peer sees our FIN, we still read. Result: 0, or a negated errno
  /// where the connection is gone. `farewell` is sent before the FIN if the socket has room for it at once,
  /// in the same chain; its bytes are read until the completion. Only when no send is in flight.
  ///
  /// A worker of the ring does it, and looks up who has the slot only then: no close of the slot before its
  /// completion, or the slot's next tenant is half-closed instead.
  mutating func enqueueShutdown(_ slot: Slot, saying farewell: ReadableRegion?, _ token: Token)
  /// Cancels one operation of the slot, named by its token, which completes with what it had done; one that
  /// is of no slot, such as an accept, is cancelled as of `Slot.none`. An operation that the kernel
  /// is in the middle of is on no list, and not found: then the cancel completes, and is to be asked
  /// again. A cancel by descriptor would walk every armed receive of the ring: 300 us among 10,000, where
  /// a token is looked up in 2 us.
  mutating func enqueueCancel(_ slot: Slot, operation: Token, _ token: Token)
  /// Closes the slot. `reset` sends RST in place of FIN. Only when nothing is in flight on it but operations
  /// whose cancellation was asked for: with the last of them the connection ends, and not before.
  ///
  /// `farewell` is sent first if the socket has room for it at once. Then the close completes, and its bytes
  /// are read until it does; without a farewell it is silent. A reset says nothing.
  mutating func enqueueClose(_ slot: Slot, saying farewell: ReadableRegion?, reset: Bool, _ token: Token)
  /// Cancels the slot's armed receive, named by its token, and closes the slot in one linked submission; only
  /// the receive's last completion is seen. Only when nothing else is in flight but a send whose cancellation
  /// was asked for. If the receive
  /// could not be cancelled just now, `cancel` completes: the slot is closed all the same, but the connection
  /// lives until the receive has been cancelled. `farewell` is as with `enqueueClose`.
  mutating func enqueueCancelAndClose(
    _ slot: Slot, saying farewell: ReadableRegion?, receive: Token, cancel: Token, _ token: Token)
  /// Asks for the address of a peer that came by `listener`, once per connection; `peerAddress(of:)` has it
  /// after the completion, unless it has none, as at a Unix socket.
  mutating func enqueuePeerAddress(_ slot: Slot, listener: Int, _ token: Token)
  func peerAddress(of slot: Slot) -> PeerAddress?
  /// Positioned read from an open file.
  mutating func enqueueRead(
    _ file: borrowing OpenFile, offset: UInt64, into region: WritableRegion, _ token: Token)
  /// Appends to the access log's descriptor.
  mutating func enqueueWrite(descriptor: Int32, _ region: ReadableRegion, _ token: Token)
  /// Arms the wake-up: it completes once when another thread has rung this core's `WakeUp`.
  mutating func enqueueWake(_ token: Token)

  /// Room for this many more entries, made by a submit if need be; call before the
  /// first entry of a link chain.
  mutating func reserve(_ entries: Int)
  /// The turn's one system call: submits everything and waits for a completion or the deadline.
  /// `nil` waits without end; a deadline that has passed polls.
  mutating func submitAndWait(until deadline: Instant?)
  /// The next completion that is already here.
  mutating func reap() -> Completion?

  /// The bytes that the kernel wrote to a provided buffer.
  @_lifetime(&self)
  mutating func bytes(of buffer: BufferID, count: Int) -> Span<UInt8>
  /// Gives a provided buffer back; the kernel sees it at the next submit.
  mutating func recycle(_ buffer: BufferID)
}

// RingDriver: the one seam between a core and the kernel. `KernelRing` stands behind it in production,
// ApusTesting's `SimulatedRing` in tests. Verbs are fixed: *enqueue* writes to our memory, *submit* is the
// system call, *reap* reads completions.

/// What became of making a socket.
package enum SocketOpening: Equatable, Sendable {
  case slot(Slot)
  /// errno: no descriptor, or no such family.
  case failed(Int32)
}

/// What a core asks of the kernel. One thread uses a driver, the one that created it.
///
/// Every enqueue yields exactly one completion with the same token (a multishot one several, the last without
/// `hasMore`), except `enqueueClose`, and `enqueueCancel` and `enqueueSilentSend`, which are silent when they
/// succeed; and except what `enqueueConnect` says.
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
  /// Asks for the moment at which the slot takes bytes of a file that is in memory. It completes with that,
  /// or with a negated errno, and either way `sendFile` is to be told. `false`: there is no such way just
  /// now, and nothing was enqueued.
  mutating func enqueueFileSend(_ slot: Slot, _ token: Token) -> Bool
  /// What `enqueueFileSend` was for, once it has completed with `result`, or was cancelled: sends of `part`
  /// what the socket takes, without a copy, or nothing if there is none any more. Answers the bytes, 0 if
  /// there was no room after all, or a negated errno: -EFAULT if the file has shrunk, -EOPNOTSUPP if this
  /// file or this socket cannot be sent so.
  mutating func sendFile(_ slot: Slot, after result: Int32, _ part: FilePart?) -> Int32
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
  /// where the connection is gone.
  ///
  /// A worker of the ring does it, and looks up who has the slot only then: no close of the slot before its
  /// completion, or the slot's next tenant is half-closed instead.
  mutating func enqueueShutdown(_ slot: Slot, _ token: Token)
  /// Cancels one operation, named by its token, which completes with what it had done. One that the kernel
  /// is in the middle of is on no list, and not found: then the cancel completes, and is to be asked
  /// again. A cancel by descriptor would walk every armed receive of the ring: 300 us among 10,000, where
  /// a token is looked up in 2 us.
  mutating func enqueueCancel(operation: Token, _ token: Token)
  /// Closes the slot. `reset` sends RST in place of FIN. Only when nothing is in flight on it.
  mutating func enqueueClose(_ slot: Slot, reset: Bool, _ token: Token)
  /// Cancels the slot's armed receive, named by its token, and closes the slot in one linked submission; only
  /// the receive's last completion is seen. Only when nothing but that receive is in flight. If the receive
  /// could not be cancelled just now, `cancel` completes: the slot is closed all the same, but the connection
  /// lives until the receive has been cancelled.
  mutating func enqueueCancelAndClose(_ slot: Slot, receive: Token, cancel: Token, _ token: Token)
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

  /// What the kernel wrote to a provided buffer.
  @_lifetime(&self)
  mutating func bytes(of buffer: BufferID, count: Int) -> Span<UInt8>
  /// Gives a provided buffer back; the kernel sees it at the next submit.
  mutating func recycle(_ buffer: BufferID)
}

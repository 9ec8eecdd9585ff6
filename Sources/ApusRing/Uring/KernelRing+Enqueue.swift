// The enqueues: each fills one submission entry (two for a linked pair) in our own memory. Nothing reaches
// the kernel before `submitAndWait`. Flags per operation are in the C shim's `apus_prep_*`.

internal import CApusLinux
internal import Glibc

// Safety: the ring is ours, and so is each entry until it is submitted; what an entry points to
// lives until its completion.
extension KernelRing {
  /// A free entry; when the queue is full, what is there is submitted first.
  mutating func entry() -> UnsafeMutablePointer<io_uring_sqe> {
    // Safety: liburing answers a pointer into the mapped queue, or nil when it is full.
    if let entry = unsafe io_uring_get_sqe(ring) { return unsafe entry }
    submit()
    guard let entry = unsafe io_uring_get_sqe(ring) else {
      preconditionFailure("the submission queue stays full after a submit")
    }
    return unsafe entry
  }

  package mutating func reserve(_ entries: Int) {
    if unsafe Int(apus_sq_space(ring)) < entries { submit() }
  }

  package mutating func enqueueAccept(listener: Int, _ token: Token) {
    unsafe apus_prep_accept(
      entry(), listeners[listener], usesDirectDescriptors ? 1 : 0, acceptsMultishot ? 1 : 0, token.rawValue)
  }

  package var listenerCount: Int { listeners.count }

  package mutating func closeListener(_ listener: Int) {
    guard listeners[listener] >= 0 else { return }
    _ = close(listeners[listener])
    listeners[listener] = -1
  }

  package mutating func enqueueReceive(_ slot: Slot, _ token: Token) {
    unsafe apus_prep_receive_multishot(
      entry(), Int32(slot), buffers.group, descriptorFlags, receiveTotal, token.rawValue)
  }

  package mutating func enqueueFirstReceive(_ slot: Slot, _ token: Token) {
    unsafe apus_prep_receive_selected(
      entry(), Int32(slot), buffers.group, descriptorFlags, token.rawValue)
  }

  package mutating func enqueueReceive(_ slot: Slot, into region: WritableRegion, _ token: Token) {
    unsafe apus_prep_receive(
      entry(), Int32(slot), region.base, UInt32(region.count), descriptorFlags, token.rawValue)
  }

  package mutating func enqueueSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    unsafe apus_prep_send(
      entry(), Int32(slot), region.base, UInt32(region.count), descriptorFlags, token.rawValue)
  }

  package mutating func enqueueSend(
    _ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion, _ token: Token
  ) {
    // The message header is read at submission (IORING_FEAT_SUBMIT_STABLE): one per
    // submission entry suffices.
    let entry = unsafe entry()
    let index = unsafe Int(ring.pointee.sq.sqe_tail &- 1) & (vectors.count - 1)
    unsafe apus_prep_sendmsg(
      entry, Int32(slot), vectors.message(index, head, body), descriptorFlags, token.rawValue)
  }

  package mutating func enqueueShutdown(_ slot: Slot, saying farewell: ReadableRegion? = nil, _ token: Token)
  {
    if let farewell { enqueueFarewell(farewell, slot, isLinked: true) }
    unsafe apus_prep_shutdown_write(entry(), Int32(slot), descriptorFlags, token.rawValue)
  }

  package mutating func enqueueCancel(_ slot: Slot, operation: Token, _ token: Token) {
    unsafe apus_prep_cancel_token(
      entry(), operation.rawValue, UInt8(APUS_SQE_SKIP_SUCCESS), token.rawValue)
  }

  package mutating func enqueueClose(
    _ slot: Slot, saying farewell: ReadableRegion? = nil, reset: Bool, _ token: Token
  ) {
    releaseFileSocket(slot)
    precondition(farewell == nil || !reset, "slot \(slot): a reset says nothing")
    if reset, !usesDirectDescriptors {
      // At once: the ring can set socket options only from Linux 6.7 on.
      var now = linger(l_onoff: 1, l_linger: 0)
      _ = unsafe setsockopt(
        Int32(slot), SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    } else if reset {
      reserve(2)
      // struct linger{on, 0 s}: close(2) then sends RST (socket(7)). Not linked: both are done at
      // once, in their order. What is linked is done behind the rest of the submission, where the slot
      // may have its next tenant.
      unsafe scratch.storeBytes(of: 1, toByteOffset: 16, as: Int32.self)
      unsafe scratch.storeBytes(of: 0, toByteOffset: 20, as: Int32.self)
      unsafe apus_prep_socket_option(
        entry(), Int32(slot), UInt32(SOCKET_URING_OP_SETSOCKOPT), SOL_SOCKET, SO_LINGER,
        scratch + 16, 8, descriptorFlags | UInt8(APUS_SQE_SKIP_SUCCESS), Token(.close).rawValue)
    }
    // Not linked either, for the same reason: the slot of a connection that the core opens has its next
    // tenant in the same submission. With MSG_DONTWAIT the send is over before the close is looked at.
    if let farewell { enqueueFarewell(farewell, slot, isLinked: false) }
    enqueueClose(slot, isSilent: farewell == nil, token)
  }

  package mutating func enqueueCancelAndClose(
    _ slot: Slot, saying farewell: ReadableRegion? = nil, receive: Token, cancel: Token, _ token: Token
  ) {
    releaseFileSocket(slot)
    reserve(3)
    unsafe apus_prep_cancel_token(
      entry(), receive.rawValue, UInt8(APUS_SQE_HARDLINK | APUS_SQE_SKIP_SUCCESS), cancel.rawValue)
    if let farewell { enqueueFarewell(farewell, slot, isLinked: true) }
    enqueueClose(slot, isSilent: farewell == nil, token)
  }

  private mutating func enqueueClose(_ slot: Slot, isSilent: Bool, _ token: Token) {
    unsafe apus_prep_close(
      entry(), Int32(slot), usesDirectDescriptors ? 1 : 0, isSilent ? UInt8(APUS_SQE_SKIP_SUCCESS) : 0,
      token.rawValue)
  }

  /// Sends a farewell before a connection's end. An entry that is linked to it is done after it, whether it
  /// was sent or not (io_uring_enter(2), IOSQE_IO_HARDLINK). If it fails, its completion is one of a close,
  /// which nobody waits for.
  private mutating func enqueueFarewell(_ region: ReadableRegion, _ slot: Slot, isLinked: Bool) {
    reserve(2)
    let link = isLinked ? UInt8(APUS_SQE_HARDLINK) : 0
    unsafe apus_prep_send_at_once(
      entry(), Int32(slot), region.base, UInt32(region.count),
      descriptorFlags | link | UInt8(APUS_SQE_SKIP_SUCCESS), Token(.close, slot: .none).rawValue)
  }

  package func readsSends(on slot: Slot) -> Bool { false }

  package mutating func enqueuePeerAddress(_ slot: Slot, listener: Int, _ token: Token) {
    if names == nil { names = PeerNames() }
    let storage = unsafe names!.storage(for: slot)
    // A question that is not answered leaves no address, rather than that of the slot's last tenant.
    unsafe storage.storeBytes(of: 0, as: sa_family_t.self)
    if usesDirectDescriptors {
      unsafe apus_prep_socket_option(
        entry(), Int32(slot), UInt32(SOCKET_URING_OP_GETSOCKOPT), SOL_SOCKET, APUS_SO_PEERNAME,
        storage, nameBytes[listener], descriptorFlags, token.rawValue)
    } else {
      // Not getpeername(2), which knows no peer any more once it has sent a reset, though its request may be
      // here. No more bytes than the address has: it would be refused.
      var length = nameBytes[listener]
      // Safety: the storage holds PeerNames.bytesEach bytes, enough for an address of either family.
      unsafe getsockopt(Int32(slot), SOL_SOCKET, APUS_SO_PEERNAME, storage, &length)
      unsafe apus_prep(entry(), UInt8(IORING_OP_NOP.rawValue), -1, nil, 0, 0, token.rawValue)
    }
  }

  package func peerAddress(of slot: Slot) -> PeerAddress? { names?.address(of: slot) }

  package mutating func enqueueRead(
    _ file: borrowing OpenFile, offset: UInt64, into region: WritableRegion, _ token: Token
  ) {
    unsafe apus_prep_read(entry(), file.descriptor, region.base, UInt32(region.count), offset, token.rawValue)
  }

  package mutating func enqueueWrite(descriptor: Int32, _ region: ReadableRegion, _ token: Token) {
    unsafe apus_prep_append(entry(), descriptor, region.base, UInt32(region.count), token.rawValue)
  }

  package mutating func enqueueWake(_ token: Token) {
    unsafe apus_prep_read(entry(), wakeUp.descriptor, scratch, 8, 0, token.rawValue)
  }
}

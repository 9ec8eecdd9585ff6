// Connections that the core itself opens: socket, option, connect, first send and the receive as one chain of
// links, so that a connection and its first request cost one system call, shared with all else of the turn.

internal import CApusLinux
internal import Glibc

// Safety: as in +Enqueue: the ring is ours and so is each entry until it is submitted; what an entry points
// to, a region, a name and `scratch`, lives until its completion.
extension KernelRing {
  package mutating func openSocket(_ number: UInt32, to address: SocketAddress) -> SocketOpening {
    if usesDirectDescriptors { return .slot(Slot(rawValue: firstOwnSlot + number)) }
    let descriptor = socket(address.domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return .failed(errno) }
    if address.family != .unix {
      var on: Int32 = 1
      _ = unsafe setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
    return .slot(Slot(descriptor))
  }

  package mutating func enqueueConnect(
    _ slot: Slot, to address: SocketAddress, sending region: ReadableRegion, connect: Token, send: Token,
    receive: Token
  ) {
    // A chain that is cut by a full queue would be two.
    reserve(5)
    // An entry before the send is silent if it succeeds. If it fails it completes, and nothing behind it does
    // (io_uring_enter(2), IOSQE_CQE_SKIP_SUCCESS).
    enqueueSocketAndConnect(slot, address, connect, flags: UInt8(APUS_SQE_LINK | APUS_SQE_SKIP_SUCCESS))
    let descriptor = Int32(slot)
    unsafe apus_prep_send(
      entry(), descriptor, region.base, UInt32(region.count), descriptorFlags | UInt8(APUS_SQE_LINK),
      send.rawValue)
    enqueueReceive(slot, receive)
  }

  package mutating func enqueueConnect(_ slot: Slot, to address: SocketAddress, _ token: Token) {
    reserve(3)
    enqueueSocketAndConnect(slot, address, token, flags: 0)
  }

  /// The connect's own entry gets `flags`; what stands before it is linked and silent.
  private mutating func enqueueSocketAndConnect(
    _ slot: Slot, _ address: SocketAddress, _ token: Token, flags: UInt8
  ) {
    let descriptor = Int32(slot)
    let silent = UInt8(APUS_SQE_LINK | APUS_SQE_SKIP_SUCCESS)
    if usesDirectDescriptors {
      unsafe apus_prep_socket(entry(), address.domain, descriptor, silent, token.rawValue)
      if address.family != .unix {
        unsafe scratch.storeBytes(of: 1, toByteOffset: 24, as: Int32.self)
        unsafe apus_prep_socket_option(
          entry(), descriptor, UInt32(SOCKET_URING_OP_SETSOCKOPT), Int32(IPPROTO_TCP), TCP_NODELAY,
          scratch + 24, 4,
          descriptorFlags | silent, token.rawValue)
      }
    }
    if connectNames == nil { connectNames = ConnectNames(count: unsafe Int(ring.pointee.sq.ring_entries)) }
    let entry = unsafe entry()
    let index = unsafe Int(ring.pointee.sq.sqe_tail &- 1) & Int(ring.pointee.sq.ring_mask)
    let name = unsafe connectNames!.place(address, at: index)
    unsafe apus_prep_connect(
      entry, descriptor, name, UInt32(address.bytes.count), descriptorFlags | flags, token.rawValue)
  }

  package mutating func enqueueSilentSend(_ slot: Slot, _ region: ReadableRegion, _ token: Token) {
    unsafe apus_prep_send(
      entry(), Int32(slot), region.base, UInt32(region.count),
      descriptorFlags | UInt8(APUS_SQE_SKIP_SUCCESS), token.rawValue)
  }
}

// Files that go from the page cache to the peer as they lie there, uncopied: sendfile(2).
//
// The ring's own operation for it (IORING_OP_SPLICE) always costs a worker thread, so the ring only tells
// when a socket has room, and the call is ours, made where that completion is reaped. It is made where the
// part is known to be in memory and on a socket that never blocks, and so does not wait. It needs an ordinary
// descriptor, which a socket in the ring's table has for as long as a file is being sent.

internal import CApusLinux
internal import Glibc

/// Where the sending of a file stands, for a socket that has begun one.
enum FileSending {
  /// The ring was asked for an ordinary descriptor of the socket, to send this part by.
  case awaitsDescriptor(FilePart)
  /// The ring was asked to tell when the socket has room for this part.
  case awaitsRoom(FilePart, Int32)
  /// Between two parts of one file: the descriptor is kept.
  case rests(Int32)

  var descriptor: Int32? {
    switch self {
    case .awaitsDescriptor: nil
    case .awaitsRoom(_, let descriptor), .rests(let descriptor): descriptor
    }
  }
}

// Safety: the ring is ours, and so is each entry until it is submitted.
extension KernelRing {
  package mutating func enqueueFileSend(_ slot: Slot, _ part: FilePart, _ token: Token) -> Bool {
    precondition(token.slot == slot, "a file is sent on slot \(slot) by a token of slot \(token.slot)")
    switch fileSendings[slot] {
    case .rests(let descriptor): awaitRoom(part, descriptor, slot, token)
    case nil where usesDirectDescriptors:
      guard fileSendings.count < fileSocketLimit else { return false }
      fileSendings[slot] = .awaitsDescriptor(part)
      unsafe apus_prep_install_descriptor(entry(), Int32(slot), descriptorFlags, token.rawValue)
    case nil:
      guard apus_never_block(Int32(slot)) == 0 else { return false }
      awaitRoom(part, Int32(slot), slot, token)
    case .awaitsDescriptor, .awaitsRoom: preconditionFailure("slot \(slot): two sends of a file at once")
    }
    return true
  }

  private mutating func awaitRoom(_ part: FilePart, _ descriptor: Int32, _ slot: Slot, _ token: Token) {
    fileSendings[slot] = .awaitsRoom(part, descriptor)
    unsafe apus_prep_poll_room(entry(), Int32(slot), descriptorFlags, token.rawValue)
  }

  /// The descriptor or the room that the ring was asked for is here, or the ring has failed; answers the
  /// send's result.
  mutating func continueFileSend(_ slot: Slot, _ result: Int32) -> Int32 {
    switch fileSendings[slot] {
    case .awaitsDescriptor(let part): return didInstallDescriptor(slot, result, part)
    case .awaitsRoom(let part, let descriptor):
      // The wait is over once a third of the socket's buffer is free, which can be a MiB. One that was
      // cancelled may end with less room than that, and a slow peer's progress is to be seen.
      guard result >= 0 || result == -ECANCELED else {
        releaseFileSocket(slot)
        return result
      }
      return send(part, descriptor, slot)
    case .rests, nil: preconditionFailure("slot \(slot): a file was sent that nobody sends")
    }
  }

  private mutating func didInstallDescriptor(_ slot: Slot, _ descriptor: Int32, _ part: FilePart) -> Int32 {
    guard descriptor >= 0 else {
      fileSendings[slot] = nil
      return descriptor == -ECANCELED ? descriptor : -EOPNOTSUPP
    }
    fileSendings[slot] = .rests(descriptor)
    guard apus_never_block(descriptor) == 0 else {
      releaseFileSocket(slot)
      return -EOPNOTSUPP
    }
    return send(part, descriptor, slot)
  }

  private mutating func send(_ part: FilePart, _ descriptor: Int32, _ slot: Slot) -> Int32 {
    var sent = part.obstacle
    if sent == 0 { sent = Self.send(part, descriptor) }
    if sent >= 0, Int(sent) < part.total || !part.isLast {
      fileSendings[slot] = .rests(descriptor)
    } else {
      releaseFileSocket(slot)
    }
    return sent
  }

  /// The file is sent, or goes on another way, or the slot is closed.
  mutating func releaseFileSocket(_ slot: Slot) {
    guard !fileSendings.isEmpty, let sending = fileSendings.removeValue(forKey: slot) else { return }
    if usesDirectDescriptors, let descriptor = sending.descriptor { _ = close(descriptor) }
  }

  /// The ring ends.
  func closeFileSockets() {
    guard usesDirectDescriptors else { return }
    for sending in fileSendings.values { if let descriptor = sending.descriptor { _ = close(descriptor) } }
  }

  /// Bytes that the socket took, 0 if it had no room, or a negated errno if it took none.
  private static func send(_ part: FilePart, _ descriptor: Int32) -> Int32 {
    var sent = 0
    if let head = part.head {
      // In one segment with the file's first bytes: the socket waits for more (send(2), MSG_MORE).
      // Safety: the region's owner keeps it during the call.
      sent = unsafe Glibc.send(
        descriptor, head.base, head.count, Int32(MSG_MORE) | Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
      if sent < head.count { return sent < 0 ? failure(errno) : Int32(sent) }
    }
    let taken = apus_send_file(descriptor, part.source.file.descriptor, UInt64(part.offset), UInt(part.count))
    if taken > 0 { return Int32(sent + taken) }
    // The next call tells what stopped this one.
    if sent > 0 { return Int32(sent) }
    return taken == 0 ? -EFAULT : failure(Int32(-taken))
  }

  /// 0 where there is only no room; one errno for all the ways in which a file system, a socket
  /// or a filter can be unable.
  private static func failure(_ code: Int32) -> Int32 {
    switch code {
    case EAGAIN, EINTR: 0
    case EINVAL, ENOSYS, EPERM, EACCES, EOPNOTSUPP: -EOPNOTSUPP
    default: -code
    }
  }
}

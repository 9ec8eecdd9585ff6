// Files that go from the page cache to the peer as they lie there, uncopied: sendfile(2).
//
// The ring's own operation for it (IORING_OP_SPLICE) always costs a worker thread, so the ring only tells
// when a socket has room, and the call is ours. It is made where the part is known to be in memory and on a
// socket that never blocks, and so does not wait. It needs an ordinary descriptor, which a socket in the
// ring's table has for as long as a file is being sent.

internal import CApusLinux
internal import Glibc

// Safety: the ring is ours, and so is each entry until it is submitted.
extension KernelRing {
  package mutating func enqueueFileSend(_ slot: Slot, _ token: Token) -> Bool {
    if usesDirectDescriptors && fileSockets[slot] == nil {
      guard fileSockets.count < fileSocketLimit else { return false }
      fileSockets[slot] = Self.awaited
      unsafe apus_prep_install_descriptor(entry(), Int32(slot), descriptorFlags, token.rawValue)
      return true
    }
    guard usesDirectDescriptors || apus_never_block(Int32(slot)) == 0 else { return false }
    unsafe apus_prep_poll_room(entry(), Int32(slot), descriptorFlags, token.rawValue)
    return true
  }

  package mutating func sendFile(_ slot: Slot, after result: Int32, _ part: FilePart?) -> Int32 {
    var descriptor = Int32(slot)
    if usesDirectDescriptors {
      if fileSockets[slot] == Self.awaited {
        fileSockets[slot] = result >= 0 ? result : nil
        guard result >= 0, apus_never_block(result) == 0 else {
          releaseFileSocket(slot)
          return result == -ECANCELED ? result : -EOPNOTSUPP
        }
      }
      guard let own = fileSockets[slot] else {
        preconditionFailure("slot \(slot) has no descriptor for a file")
      }
      descriptor = own
    }
    var sent = min(result, 0)
    // The wait is over once a third of the socket's buffer is free, which can be a MiB. One that was
    // cancelled may end with less room than that, and a slow peer's progress is to be seen.
    if result >= 0 || result == -ECANCELED, let part {
      sent = Self.send(part, descriptor)
      if sent >= 0, Int(sent) < part.total || !part.isLast { return sent }
    }
    releaseFileSocket(slot)
    return sent
  }

  /// The file is sent, or goes on another way, or the slot is closed.
  mutating func releaseFileSocket(_ slot: Slot) {
    guard !fileSockets.isEmpty, let descriptor = fileSockets.removeValue(forKey: slot) else { return }
    _ = close(descriptor)
  }

  /// In place of a descriptor that the ring has been asked for.
  private static let awaited: Int32 = -1

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
    // What stopped it is told by the next call.
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

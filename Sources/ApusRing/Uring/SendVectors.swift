// SendVectors: message headers for sends of two regions (sendmsg(2)), one per submission entry.

internal import CApusLinux
internal import Glibc

@safe struct SendVectors {
  let count: Int
  /// Safety: allocated in init, freed by `free`; each is rewritten only after its entry was submitted.
  private let messages: UnsafeMutablePointer<msghdr>
  private let vectors: UnsafeMutablePointer<iovec>

  init(count: Int) {
    self.count = count
    unsafe messages = .allocate(capacity: count)
    unsafe messages.initialize(repeating: msghdr(), count: count)
    unsafe vectors = .allocate(capacity: count * 2)
    unsafe vectors.initialize(repeating: iovec(), count: count * 2)
  }

  /// Safety: the regions outlive the send that this header is enqueued with.
  func message(_ index: Int, _ head: ReadableRegion, _ body: ReadableRegion) -> UnsafePointer<msghdr> {
    precondition(index >= 0 && index < count)
    unsafe vectors[index * 2] = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: head.base), iov_len: head.count)
    unsafe vectors[index * 2 + 1] = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: body.base), iov_len: body.count)
    unsafe messages[index].msg_iov = vectors + index * 2
    unsafe messages[index].msg_iovlen = 2
    return unsafe UnsafePointer(messages + index)
  }

  func free() {
    unsafe messages.deallocate()
    unsafe vectors.deallocate()
  }
}

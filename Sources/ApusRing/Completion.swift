// Completion: what the kernel says of one operation.

/// Index of a buffer in the core's provided-buffer ring.
package typealias BufferID = UInt16

/// One completion queue entry (`struct io_uring_cqe`, io_uring(7)).
package struct Completion: Sendable {
  package let token: Token
  /// Bytes moved, a descriptor's index, or a negated errno.
  package let result: Int32
  /// The kernel filled this buffer; whoever handles the completion recycles it.
  package let buffer: BufferID?
  /// The multishot operation stays armed (`IORING_CQE_F_MORE`).
  package let hasMore: Bool

  package init(token: Token, result: Int32, buffer: BufferID? = nil, hasMore: Bool = false) {
    self.token = token
    self.result = result
    self.buffer = buffer
    self.hasMore = hasMore
  }
}

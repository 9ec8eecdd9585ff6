// Completion: what the kernel says of one operation.

/// Index of a buffer in the core's provided-buffer ring.
public typealias BufferID = UInt16

/// One completion queue entry (`struct io_uring_cqe`, io_uring(7)).
public struct Completion: Sendable {
  /// The token of the operation that completed.
  public let token: Token
  /// Bytes moved, a descriptor's index, or a negated errno.
  public let result: Int32
  /// The kernel filled this buffer; whoever handles the completion recycles it.
  public let buffer: BufferID?
  /// The multishot operation stays armed (`IORING_CQE_F_MORE`).
  public let hasMore: Bool

  /// A completion as the simulated ring makes it.
  public init(token: Token, result: Int32, buffer: BufferID? = nil, hasMore: Bool = false) {
    self.token = token
    self.result = result
    self.buffer = buffer
    self.hasMore = hasMore
  }
}

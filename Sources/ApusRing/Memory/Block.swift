// Block: a piece of working memory with a fixed capacity, acquired from a core's `BlockPool` and released to
// it. Blocks carry answers on their way out, heads that straddle two receives, and collected bodies. A block
// is a plain handle: whoever holds it releases it once, and the pool's count of lent blocks is audited.

/// A handle to `capacity` bytes; `Block.none` has none.
@safe public struct Block: @unchecked Sendable {
  /// Safety: the memory belongs to the pool's size class and stays in place until the block is released.
  public let base: UnsafeMutableRawPointer?
  /// Bytes.
  public let capacity: Int

  /// No memory.
  public static var none: Block { unsafe Block(base: nil, capacity: 0) }

  /// Whether there is no memory behind it.
  public var isNone: Bool { capacity == 0 }

  /// The bytes in `range`, readable while the block is held.
  @_lifetime(borrow self)
  public func bytes(_ range: Range<Int>) -> Span<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "\(range) of a block of \(capacity)")
    guard let base = unsafe base else { return unsafe _overrideLifetime(Span(), borrowing: self) }
    // Safety: inside the block, as just checked.
    let span = unsafe Span(
      _unsafeStart: UnsafePointer((base + range.lowerBound).assumingMemoryBound(to: UInt8.self)),
      count: range.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The region of the block that the kernel may read.
  public func readable(_ range: Range<Int>) -> ReadableRegion {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "\(range) of a block of \(capacity)")
    return unsafe ReadableRegion(base: base! + range.lowerBound, count: range.count)
  }

  /// The region of the block that the kernel may write.
  public func writable(_ range: Range<Int>) -> WritableRegion {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "\(range) of a block of \(capacity)")
    return unsafe WritableRegion(base: base! + range.lowerBound, count: range.count)
  }

  /// Moves `range` to the block's start.
  public func moveToStart(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity, "\(range) of a block of \(capacity)")
    guard let base = unsafe base, !range.isEmpty, range.lowerBound > 0 else { return }
    // Safety: both ends inside the block; copyMemory allows overlap.
    unsafe base.copyMemory(from: base + range.lowerBound, byteCount: range.count)
  }
}

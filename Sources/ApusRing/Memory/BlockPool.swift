// BlockPool: one core's working memory in a few sizes. Last released, first acquired, so that the block in use is the
// one in the cache. After warm-up it asks the allocator for nothing.

/// Blocks of 1 KiB, 4 KiB, 16 KiB, 64 KiB and 256 KiB; larger ones go to the allocator each time.
@safe package struct BlockPool: ~Copyable {
  private static let smallestShift = 10
  private static let classCount = 5
  /// Idle bytes kept per size; what is released beyond goes back to the allocator.
  private static let keptBytesPerClass = 4 << 20

  /// Safety: the first free block of each size, owned by the pool; its first word leads to the next.
  private var free: InlineArray<5, UnsafeMutableRawPointer?>
  private var freeBytes: InlineArray<5, Int>
  /// Blocks acquired and not yet released.
  package private(set) var lentCount: Int
  /// Bytes of the blocks acquired and not yet released.
  package private(set) var lentBytes: Int

  package init() {
    unsafe free = InlineArray(repeating: nil)
    freeBytes = InlineArray(repeating: 0)
    lentCount = 0
    lentBytes = 0
  }

  deinit {
    for index in 0..<Self.classCount {
      var next = unsafe free[index]
      while let memory = unsafe next {
        unsafe next = memory.load(as: UnsafeMutableRawPointer?.self)
        unsafe memory.deallocate()
      }
    }
  }

  /// A block of at least `bytes`.
  package mutating func acquire(_ bytes: Int) -> Block {
    lentCount += 1
    let index = Self.sizeClass(bytes)
    let capacity = index < Self.classCount ? 1 << (Self.smallestShift + 2 * index) : bytes
    lentBytes += capacity
    if index < Self.classCount, let memory = unsafe free[index] {
      unsafe free[index] = memory.load(as: UnsafeMutableRawPointer?.self)
      freeBytes[index] -= capacity
      return unsafe Block(base: memory, capacity: capacity)
    }
    return unsafe Block(base: .allocate(byteCount: capacity, alignment: 64), capacity: capacity)
  }

  /// Takes a block back; `.none` is ignored.
  package mutating func release(_ block: Block) {
    guard let memory = unsafe block.base else { return }
    precondition(lentCount > 0, "a block was released twice")
    lentCount -= 1
    lentBytes -= block.capacity
    let index = Self.sizeClass(block.capacity)
    if index < Self.classCount, freeBytes[index] < Self.keptBytesPerClass {
      unsafe memory.storeBytes(of: free[index], as: UnsafeMutableRawPointer?.self)
      unsafe free[index] = memory
      freeBytes[index] += block.capacity
    } else {
      unsafe memory.deallocate()
    }
  }

  /// 0 up to 1 KiB, 1 up to 4 KiB, and so on by factors of four.
  private static func sizeClass(_ bytes: Int) -> Int {
    let above = max(bytes - 1, 0) >> smallestShift
    return (Int.bitWidth - above.leadingZeroBitCount + 1) / 2
  }
}

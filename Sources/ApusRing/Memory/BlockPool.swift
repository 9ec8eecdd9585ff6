// BlockPool: one core's working memory in a few sizes. Last released, first acquired, so that the block in use is the
// one in the cache. After warm-up it asks the allocator for nothing.

/// Blocks of 1 KiB, 4 KiB, 16 KiB, 64 KiB and 256 KiB; larger ones go to the allocator each time.
@safe package struct BlockPool: ~Copyable {
  private static let smallestShift = 10
  private static let classCount = 5
  /// Idle bytes kept per size; what is released beyond goes back to the allocator.
  private static let keptBytesPerClass = 4 << 20

  /// Safety: free blocks of one size, owned by the pool.
  private var free: [[UnsafeMutableRawPointer]]
  /// Blocks acquired and not yet released.
  package private(set) var lentCount = 0
  /// Bytes of the blocks acquired and not yet released.
  package private(set) var lentBytes = 0

  package init() {
    unsafe free = Array(repeating: [], count: Self.classCount)
  }

  deinit {
    for unsafe list in unsafe free { for unsafe memory in unsafe list { unsafe memory.deallocate() } }
  }

  /// A block of at least `bytes`.
  package mutating func acquire(_ bytes: Int) -> Block {
    lentCount += 1
    let index = Self.sizeClass(bytes)
    let capacity = index < Self.classCount ? 1 << (Self.smallestShift + 2 * index) : bytes
    lentBytes += capacity
    if index < Self.classCount, let memory = unsafe free[index].popLast() {
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
    if index < Self.classCount, unsafe free[index].count < Self.keptBytesPerClass / block.capacity {
      unsafe free[index].append(memory)
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

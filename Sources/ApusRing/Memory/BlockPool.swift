// BlockPool: one core's working memory in a few sizes. Last released, first acquired, so that the block in
// use is the one in the cache. After warm-up it asks the allocator for nothing. It owns all that it has
// made, lent or not: a core that is stopped in the middle of its work loses nothing. Whoever owns pool and
// ring ends the ring first.

/// Blocks of 1 KiB, 4 KiB, 16 KiB, 64 KiB and 256 KiB; larger ones go to the allocator each time.
@safe package struct BlockPool: ~Copyable {
  private static let smallestShift = 10
  private static let classCount = 5
  /// Idle bytes kept per size; what is released beyond goes back to the allocator.
  private static let keptBytesPerClass = 4 << 20

  /// Safety: the first free block of each size, owned by the pool; its first word leads to the next.
  private var free: InlineArray<5, UnsafeMutableRawPointer?>
  private var freeBytes: InlineArray<5, Int>
  /// Safety: the block made last, lent or free; its link leads to the one before.
  private var made: UnsafeMutableRawPointer?
  /// Blocks acquired and not yet released.
  package private(set) var lentCount: Int
  /// Bytes of the blocks acquired and not yet released.
  package private(set) var lentBytes: Int

  /// Links a block with those made before and after it. It lies in front of the block, on a cache line that
  /// only making and freeing touch.
  @unsafe private struct Link {
    var older: UnsafeMutableRawPointer?
    var newer: UnsafeMutableRawPointer?
  }

  private static let linkBytes = 64

  package init() {
    unsafe free = InlineArray(repeating: nil)
    unsafe made = nil
    freeBytes = InlineArray(repeating: 0)
    lentCount = 0
    lentBytes = 0
  }

  deinit {
    var next = unsafe made
    while let memory = unsafe next {
      unsafe next = Self.link(of: memory).pointee.older
      unsafe (memory - Self.linkBytes).deallocate()
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
    return unsafe Block(base: make(capacity), capacity: capacity)
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
      unsafe discard(memory)
    }
  }

  private mutating func make(_ capacity: Int) -> UnsafeMutableRawPointer {
    // Safety: the link and `capacity` bytes behind it, freed by `discard` or with the pool.
    let memory =
      unsafe UnsafeMutableRawPointer.allocate(
        byteCount: Self.linkBytes + capacity, alignment: Self.linkBytes) + Self.linkBytes
    unsafe Self.link(of: memory).initialize(to: Link(older: made, newer: nil))
    if let made = unsafe made { unsafe Self.link(of: made).pointee.newer = memory }
    unsafe made = memory
    return unsafe memory
  }

  private mutating func discard(_ memory: UnsafeMutableRawPointer) {
    let link = unsafe Self.link(of: memory).pointee
    // Safety: both neighbours are made and not yet freed, or they would have been taken out of the chain.
    if let older = unsafe link.older { unsafe Self.link(of: older).pointee.newer = link.newer }
    if let newer = unsafe link.newer {
      unsafe Self.link(of: newer).pointee.older = link.older
    } else {
      unsafe made = link.older
    }
    unsafe (memory - Self.linkBytes).deallocate()
  }

  private static func link(of memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Link> {
    // Safety: `make` put it there.
    unsafe (memory - linkBytes).assumingMemoryBound(to: Link.self)
  }

  /// 0 up to 1 KiB, 1 up to 4 KiB, and so on by factors of four.
  private static func sizeClass(_ bytes: Int) -> Int {
    let above = max(bytes - 1, 0) >> smallestShift
    return (Int.bitWidth - above.leadingZeroBitCount + 1) / 2
  }
}

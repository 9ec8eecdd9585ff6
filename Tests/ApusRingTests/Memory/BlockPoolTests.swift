import ApusRing
import ApusTesting
import Testing

@Suite struct BlockPoolTests {
  /// Sizes at the edges of the pool's classes and beyond the largest.
  private static let sizes = [
    0, 1, 1023, 1024, 1025, 4096, 4097, 16_384, 16_385, 65_536, 65_537, 262_144, 262_145, 999_999,
  ]

  @Test func `a block is as large as was asked, and what is written stays until it is released`() {
    for seed in Seed.list(standard: 20) {
      var random = SeededGenerator(seed: seed)
      var pool = BlockPool()
      var lent: [(block: Block, mark: UInt8)] = []
      for step in 0..<300 {
        if lent.isEmpty || random.chance(0.55) {
          let size = random.element(of: Self.sizes)
          let block = pool.acquire(size)
          #expect(block.capacity >= size, "\(Seed.commandLine(seed, filter: "BlockPoolTests"))")
          let mark = UInt8(truncatingIfNeeded: step)
          block.writable(0..<min(64, block.capacity)).base.initializeMemory(
            as: UInt8.self, repeating: mark, count: min(64, block.capacity))
          lent.append((block, mark))
        } else {
          let (block, mark) = lent.remove(at: random.below(lent.count))
          let bytes = block.bytes(0..<min(64, block.capacity))
          for index in bytes.indices where bytes[index] != mark {
            Issue.record(
              "a lent block was written by another: \(Seed.commandLine(seed, filter: "BlockPoolTests"))")
            break
          }
          pool.release(block)
        }
        #expect(pool.lentCount == lent.count)
        #expect(pool.lentBytes == lent.reduce(0) { $0 + $1.block.capacity })
      }
      for entry in lent { pool.release(entry.block) }
      #expect(pool.lentCount == 0 && pool.lentBytes == 0)
    }
  }

  @Test func `releasing nothing changes nothing`() {
    var pool = BlockPool()
    pool.release(.none)
    #expect(pool.lentCount == 0)
  }
}

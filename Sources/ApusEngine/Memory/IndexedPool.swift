// IndexedPool: elements claimed and freed by index, last freed first claimed. A connection holds four bytes per element
// and nothing while it is idle.

import ApusRing

struct IndexedPool<Element: ~Copyable>: ~Copyable {
  private var elements: Slab<Element>
  private var free: [UInt32]
  private(set) var claimedCount: Int

  init(capacity: Int, _ make: @escaping () -> Element) {
    elements = Slab(capacity: capacity, make)
    free = []
    claimedCount = 0
  }

  mutating func claim() -> UInt32 {
    claimedCount += 1
    if let index = free.popLast() { return index }
    let index = elements.count
    elements.ensure(index)
    return UInt32(index)
  }

  mutating func free(_ index: UInt32) {
    precondition(claimedCount > 0, "element \(index) was freed twice")
    claimedCount -= 1
    free.append(index)
  }

  subscript(index: UInt32) -> Element {
    unsafeAddress { unsafe elements.address(of: Int(index)) }
    unsafeMutableAddress { unsafe elements.mutableAddress(of: Int(index)) }
  }
}

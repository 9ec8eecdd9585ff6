// IndexedPool: elements claimed and freed by index, last freed first claimed. A connection holds four bytes per element
// and nothing while it is idle.

import ApusRing

struct IndexedPool<Element: ~Copyable>: ~Copyable {
  private var elements: Slab<Element>
  private var free: IndexStack

  init(capacity: Int, _ make: @escaping () -> Element) {
    elements = Slab(capacity: capacity, make)
    free = IndexStack(capacity: capacity)
  }

  var claimedCount: Int { elements.count - free.count }
  /// Elements made so far, claimed and free.
  var count: Int { elements.count }

  @inline(__always)
  mutating func claim() -> UInt32 { free.pop() ?? makeOne() }

  @inline(never)
  private mutating func makeOne() -> UInt32 {
    let index = elements.count
    elements.ensure(index)
    return UInt32(index)
  }

  @inline(__always)
  mutating func free(_ index: UInt32) {
    precondition(claimedCount > 0, "element \(index) was freed twice")
    free.push(index)
  }

  subscript(index: UInt32) -> Element {
    unsafeAddress { unsafe elements.address(of: Int(index)) }
    unsafeMutableAddress { unsafe elements.mutableAddress(of: Int(index)) }
  }
}

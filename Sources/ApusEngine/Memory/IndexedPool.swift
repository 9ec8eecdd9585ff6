// IndexedPool: elements claimed and freed by index, the last freed first. A connection holds four bytes for
// each element, and no element while it is idle.

import ApusRing

struct IndexedPool<Element: ~Copyable>: ~Copyable {
  private var elements: Slab<Element>
  private var free: IndexStack<Index<Element>>

  init(capacity: Int, _ make: @escaping () -> Element) {
    elements = Slab(capacity: capacity, make)
    free = IndexStack(capacity: capacity)
  }

  var claimedCount: Int { elements.count - free.count }
  /// Elements made so far, claimed and free.
  var count: Int { elements.count }
  /// The indices of all elements made so far.
  var indices: some Sequence<Index<Element>> { (0..<elements.count).lazy.map { Index($0) } }

  @inline(__always)
  mutating func claim() -> Index<Element> { free.pop() ?? makeOne() }

  @inline(never)
  private mutating func makeOne() -> Index<Element> {
    let index = elements.count
    elements.ensure(index)
    return Index(index)
  }

  @inline(__always)
  mutating func free(_ index: Index<Element>) {
    precondition(claimedCount > 0, "element \(index) was freed twice")
    free.push(index)
  }

  subscript(index: Index<Element>) -> Element {
    // Safety: for addressors only; the slab checks the index and never moves an element.
    unsafeAddress { unsafe elements.address(of: Int(index)) }
    unsafeMutableAddress { unsafe elements.mutableAddress(of: Int(index)) }
  }
}

// Slab: an array whose elements never move and whose unused end costs only address space. One mapping is
// reserved for the capacity; a page becomes resident when its first element is made. It is in this module
// because generics are specialised only within their module: across modules each access cost 5 ns more.

import ApusRing

/// Elements by index, made in order up to the highest index used so far.
@safe struct Slab<Element: ~Copyable>: ~Copyable {
  let capacity: Int
  /// Elements made so far.
  private(set) var count: Int
  /// The indices of the elements made so far.
  var indices: some Sequence<Index<Element>> { (0..<count).lazy.map { Index($0) } }
  /// Safety: mapped in init, unmapped in deinit; the first `count` elements are initialised.
  private let elements: UnsafeMutablePointer<Element>
  private let make: () -> Element

  init(capacity: Int, _ make: @escaping () -> Element) {
    self.capacity = capacity
    count = 0
    self.make = make
    guard let memory = unsafe Pages.map(Self.bytes(capacity), holdsReferences: true) else {
      preconditionFailure("no address space for \(capacity) elements")
    }
    unsafe elements = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  deinit {
    unsafe elements.deinitialize(count: count)
    unsafe Pages.unmap(elements, Self.bytes(capacity), holdsReferences: true)
  }

  private static func bytes(_ capacity: Int) -> Int { max(1, capacity) * MemoryLayout<Element>.stride }

  /// Makes every missing element up to `index`.
  mutating func ensure(_ index: Int) {
    precondition(index < capacity, "element \(index) of a slab of \(capacity)")
    while count <= index {
      unsafe (elements + count).initialize(to: make())
      count += 1
    }
  }

  subscript(index: Int) -> Element {
    unsafeAddress { unsafe address(of: index) }
    unsafeMutableAddress { unsafe mutableAddress(of: index) }
  }

  subscript(index: Index<Element>) -> Element {
    // Safety: for addressors only; the index is checked, and no element ever moves.
    unsafeAddress { unsafe address(of: Int(index)) }
    unsafeMutableAddress { unsafe mutableAddress(of: Int(index)) }
  }

  /// Safety: for addressors only; elements never move, and the access ends before the slab does.
  @unsafe @inline(__always) func address(of index: Int) -> UnsafePointer<Element> {
    precondition(index >= 0 && index < count, "element \(index) of \(count)")
    return unsafe UnsafePointer(elements + index)
  }

  /// Safety: as `address(of:)`.
  @unsafe @inline(__always) mutating func mutableAddress(of index: Int) -> UnsafeMutablePointer<Element> {
    precondition(index >= 0 && index < count, "element \(index) of \(count)")
    return unsafe elements + index
  }
}

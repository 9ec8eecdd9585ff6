// Slab: an array whose elements never move and whose unused end costs address space only. One mapping is reserved for
// the capacity; a page becomes resident when its first element is made.

internal import Glibc

/// Elements by index, made in order up to the highest index used so far.
@safe package struct Slab<Element: ~Copyable>: ~Copyable {
  package let capacity: Int
  /// Elements made so far.
  package private(set) var count = 0
  /// Safety: mapped in init, unmapped in deinit; the first `count` elements are initialised.
  private let elements: UnsafeMutablePointer<Element>
  private let make: () -> Element

  package init(capacity: Int, _ make: @escaping () -> Element) {
    self.capacity = capacity
    self.make = make
    guard let memory = unsafe mapPages(max(1, capacity) * MemoryLayout<Element>.stride) else {
      preconditionFailure("no address space for \(capacity) elements")
    }
    unsafe elements = memory.bindMemory(to: Element.self, capacity: capacity)
  }

  deinit {
    unsafe elements.deinitialize(count: count)
    unsafe munmap(elements, roundedToPages(max(1, capacity) * MemoryLayout<Element>.stride))
  }

  /// Makes every element up to `index` that is not there yet.
  package mutating func ensure(_ index: Int) {
    precondition(index < capacity, "element \(index) of a slab of \(capacity)")
    while count <= index {
      unsafe (elements + count).initialize(to: make())
      count += 1
    }
  }

  package subscript(index: Int) -> Element {
    unsafeAddress {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      return unsafe UnsafePointer(elements + index)
    }
    unsafeMutableAddress {
      precondition(index >= 0 && index < count, "element \(index) of \(count)")
      return unsafe elements + index
    }
  }
}

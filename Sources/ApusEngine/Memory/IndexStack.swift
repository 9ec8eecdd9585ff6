// IndexStack: a stack of indices, last in first out. An array would check at each push whether it is uniquely
// referenced and at each pop whether it must shrink: 30 instructions instead of five.

import ApusRing

/// Up to `capacity` indices in memory of their own; the part that was never used costs only address space.
@safe struct IndexStack<Number: BitwiseCopyable>: ~Copyable {
  let capacity: Int
  private(set) var count: Int
  /// Safety: mapped in init, unmapped in deinit; the first `count` elements are initialised.
  private let indices: UnsafeMutablePointer<Number>

  init(capacity: Int) {
    self.capacity = capacity
    count = 0
    guard let memory = unsafe Pages.map(max(1, capacity) * MemoryLayout<Number>.stride) else {
      preconditionFailure("no address space for \(capacity) indices")
    }
    unsafe indices = memory.bindMemory(to: Number.self, capacity: max(1, capacity))
  }

  deinit { unsafe Pages.unmap(indices, max(1, capacity) * MemoryLayout<Number>.stride) }

  var isEmpty: Bool { count == 0 }

  @inline(__always)
  mutating func push(_ index: Number) {
    precondition(count < capacity, "index \(index) beyond \(capacity)")
    // Safety: inside the mapping, as just checked.
    unsafe indices[count] = index
    count &+= 1
  }

  @inline(__always)
  mutating func pop() -> Number? {
    guard count > 0 else { return nil }
    count &-= 1
    // Safety: the element was initialised by its push.
    return unsafe indices[count]
  }
}

// TrivialArray: the wheel's storage. It is an array of trivial values with one owner, so that an access costs
// only its bounds check: `Array` checks at each write whether it is uniquely referenced (34 ns per re-arm
// against 9).

/// Trivial values in one allocation. It grows only by an explicit call; indices are checked.
@safe struct TrivialArray<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private(set) var count: Int

  init(repeating element: Element, count: Int) {
    // Safety: `count` elements are allocated and initialised here; `base` never leaves this type.
    unsafe base = .allocate(capacity: count)
    unsafe base.initialize(repeating: element, count: count)
    self.count = count
  }

  deinit { unsafe base.deallocate() }

  subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "index \(index) of \(count)")
      // Safety: inside the allocation, as just checked; every element is initialised.
      return unsafe base[index]
    }
    _modify {
      precondition(index >= 0 && index < count, "index \(index) of \(count)")
      // Safety: as above.
      yield unsafe &base[index]
    }
  }

  /// All elements.
  var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      // Safety: every element is initialised, and stays so while `self` is borrowed.
      let elements = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(elements, borrowing: self)
    }
  }

  /// Appends copies of `element` until there are `newCount` elements. Moves the storage.
  mutating func grow(to newCount: Int, with element: Element) {
    precondition(newCount >= count, "\(newCount) elements after \(count)")
    // Safety: the old elements are trivial, so moving them is copying; the rest of the
    // new storage is initialised.
    let grown = UnsafeMutablePointer<Element>.allocate(capacity: newCount)
    unsafe grown.moveInitialize(from: base, count: count)
    unsafe (grown + count).initialize(repeating: element, count: newCount - count)
    unsafe base.deallocate()
    unsafe base = grown
    count = newCount
  }
}

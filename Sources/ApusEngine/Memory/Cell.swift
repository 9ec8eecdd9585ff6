// Cell: one value in memory of its own. A large value inside `ConnectionTable` would make the table itself
// large, and the compiler copies a large structure whenever it is passed by value. In a class, a cell avoids
// the exclusivity check of each access to a variable, some 190 instructions.

/// One element at an address that never moves, for one thread. Nothing checks that one change has ended
/// before the next begins: no method of an element calls back to the holder of the cell.
@safe package struct Cell<Element: ~Copyable>: ~Copyable {
  /// Safety: allocated and initialised in init, freed in deinit, accessed through the addressors only.
  private let address: UnsafeMutablePointer<Element>

  package init(_ element: consuming Element) {
    unsafe address = .allocate(capacity: 1)
    unsafe address.initialize(to: element)
  }

  deinit {
    unsafe address.deinitialize(count: 1)
    unsafe address.deallocate()
  }

  package var value: Element {
    unsafeAddress { unsafe UnsafePointer(address) }
    nonmutating unsafeMutableAddress { unsafe address }
  }
}

// Cell: one value in memory of its own. A large value inside `ConnectionTable` makes the table itself large, and the
// compiler copies a large structure whenever it is passed on by value.

/// One element at an address that never moves.
@safe struct Cell<Element>: ~Copyable {
  /// Safety: allocated and initialised in init, freed in deinit, reached through the addressors only.
  private let address: UnsafeMutablePointer<Element>

  init(_ element: Element) {
    unsafe address = .allocate(capacity: 1)
    unsafe address.initialize(to: element)
  }

  deinit {
    unsafe address.deinitialize(count: 1)
    unsafe address.deallocate()
  }

  var value: Element {
    unsafeAddress { unsafe UnsafePointer(address) }
    unsafeMutableAddress { unsafe address }
  }
}

// The driver names a connection by its slot, so the slab is indexed by slot.

import ApusRing

extension Slab<Connection> {
  subscript(slot: Slot) -> Connection {
    // Safety: only addressors use the pointer; the index is checked, and elements never move.
    unsafeAddress { unsafe address(of: Int(slot)) }
    unsafeMutableAddress { unsafe mutableAddress(of: Int(slot)) }
  }
}

// The driver names a connection by its slot, so the slab is indexed by slot.

import ApusRing

extension Slab<Connection> {
  subscript(slot: Slot) -> Connection {
    // Safety: for addressors only; the index is checked, and no element ever moves.
    unsafeAddress { unsafe address(of: Int(slot)) }
    unsafeMutableAddress { unsafe mutableAddress(of: Int(slot)) }
  }
}

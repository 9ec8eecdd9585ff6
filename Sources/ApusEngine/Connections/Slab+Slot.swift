// Connections are looked up by the slot that the driver names.

import ApusRing

extension Slab<Connection> {
  subscript(slot: Slot) -> Connection {
    // Safety: for addressors only; the index is checked, and no element ever moves.
    unsafeAddress { unsafe address(of: Int(slot)) }
    unsafeMutableAddress { unsafe mutableAddress(of: Int(slot)) }
  }
}

// Connections are looked up by the slot that the driver names.

import ApusRing

extension Slab<Connection> {
  subscript(slot: Slot) -> Connection {
    unsafeAddress { unsafe address(of: Int(slot)) }
    unsafeMutableAddress { unsafe mutableAddress(of: Int(slot)) }
  }
}

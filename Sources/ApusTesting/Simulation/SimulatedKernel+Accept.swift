// Accepting: backlogs of connected peers, and a multishot accept for each that gives
// them the lowest free slots.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  func armAccept(_ listener: Int, _ token: Token) {
    if listeners[listener].accept != nil { violate("two accepts at once on listener \(listener)") }
    if !listeners[listener].isOpen { violate("an accept after listener \(listener) was closed") }
    listeners[listener].accept = token
    continueAccept(listener)
  }

  func cancelAccept(_ listener: Int, _ operation: Token) {
    listeners[listener].accept = nil
    post(operation, -ECANCELED, order: &listeners[listener].order)
  }

  func close(listener: Int) {
    if !listeners[listener].isOpen { violate("listener \(listener) was closed twice") }
    listeners[listener].isOpen = false
    for peer in listeners[listener].backlog {
      count { $0.lost += 1 }
      peer.sawReset(at: now)
    }
    listeners[listener].backlog.removeAll()
  }

  /// A peer's SYN: the kernel completes the handshake by itself.
  func connect(_ peer: SimulatedPeer) {
    guard listeners[peer.listener].isOpen else {
      count { $0.refused += 1 }
      peer.wasRefused(at: now)
      return
    }
    let address = PeerAddress(
      family: .v4, octets: (0x0A00_0000 + UInt64(handshakes), 0), port: UInt16(1024 + handshakes % 60_000))
    handshakes += 1
    peer.connected(at: now, from: address)
    listeners[peer.listener].backlog.append(peer)
    events.add(.peerActs(peer), at: clock)
    continueAccept(peer.listener)
  }

  func continueAccept(_ listener: Int) {
    while let token = listeners[listener].accept, !listeners[listener].backlog.isEmpty {
      if strikes(.acceptError) {
        listeners[listener].accept = nil
        post(token, -ECONNABORTED, order: &listeners[listener].order)
        return
      }
      let peer = listeners[listener].backlog.removeFirst()
      let allocatable = sockets[lowestFree..<max(lowestFree, configuration.slotCount)]
      guard let free = allocatable.firstIndex(where: { $0 == nil }) else {
        // A full table ends the accept, and the connection that was just taken from the backlog is gone.
        count { $0.lost += 1 }
        peer.sawEnd(at: now)
        listeners[listener].accept = nil
        post(token, -ENFILE, order: &listeners[listener].order)
        return
      }
      let socket = SimulatedSocket(slot: Slot(free), peer: peer)
      sockets[free] = socket
      lowestFree = free + 1
      peer.socket = socket
      count { $0.accepted += 1 }
      // The bytes that the peer sent before it was accepted are in the socket already.
      events.add(.peerActs(peer), at: clock)
      let ends = strikes(.spuriousEnd)
      if ends { listeners[listener].accept = nil }
      post(token, Int32(free), hasMore: !ends, order: &listeners[listener].order)
    }
  }
}

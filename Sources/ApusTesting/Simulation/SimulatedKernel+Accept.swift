// Accepting: a backlog of connected peers, and a multishot accept that gives each the lowest free slot.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  func armAccept(_ token: Token) {
    if accept != nil { violate("two accepts at once") }
    if !listenerIsOpen { violate("an accept after the listener was closed") }
    accept = token
    continueAccept()
  }

  func cancelAccept() {
    guard let token = accept else { return }
    accept = nil
    post(token, -ECANCELED, order: &acceptOrder)
  }

  func closeListener() {
    if !listenerIsOpen { violate("the listener was closed twice") }
    listenerIsOpen = false
    for peer in backlog {
      count { $0.lost += 1 }
      peer.sawReset(at: now)
    }
    backlog.removeAll()
  }

  /// A peer's SYN: the kernel completes the handshake by itself.
  func connect(_ peer: SimulatedPeer) {
    guard listenerIsOpen else {
      count { $0.refused += 1 }
      peer.wasRefused(at: now)
      return
    }
    let address = PeerAddress(
      family: .v4, octets: (0x0A00_0000 + UInt64(handshakes), 0), port: UInt16(1024 + handshakes % 60_000))
    handshakes += 1
    peer.connected(at: now, from: address)
    backlog.append(peer)
    events.add(.peerActs(peer), at: clock)
    continueAccept()
  }

  func continueAccept() {
    while let token = accept, !backlog.isEmpty {
      if strikes(.acceptError) {
        accept = nil
        post(token, -ECONNABORTED, order: &acceptOrder)
        return
      }
      let peer = backlog.removeFirst()
      let allocatable = sockets[lowestFree..<max(lowestFree, configuration.slotCount)]
      guard let free = allocatable.firstIndex(where: { $0 == nil }) else {
        // A full table ends the accept, and the connection that was just taken from the backlog is gone.
        count { $0.lost += 1 }
        peer.sawEnd(at: now)
        accept = nil
        post(token, -ENFILE, order: &acceptOrder)
        return
      }
      let socket = SimulatedSocket(slot: Slot(free), peer: peer)
      sockets[free] = socket
      lowestFree = free + 1
      peer.socket = socket
      count { $0.accepted += 1 }
      // What the peer sent before it was accepted lies in the socket already.
      events.add(.peerActs(peer), at: clock)
      let ends = strikes(.spuriousEnd)
      if ends { accept = nil }
      post(token, Int32(free), hasMore: !ends, order: &acceptOrder)
    }
  }
}

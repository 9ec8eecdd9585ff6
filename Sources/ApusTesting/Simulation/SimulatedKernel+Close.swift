// Cancelling and closing. A cancellation may take effect late; a close never takes an operation with it.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  /// Everything in flight on the slot. Finding nothing is a success, and silent.
  func cancelAll(_ socket: SimulatedSocket) {
    for token in [socket.multishot, socket.single?.token, socket.send?.token] {
      if let token { cancelSoon(socket, token) }
    }
  }

  /// One operation by its token. Not finding it is an error, and told.
  func cancel(_ operation: Token, _ token: Token) {
    if let accept, accept == operation {
      cancelAccept()
      return
    }
    if Int(operation.slot) < sockets.count, let socket = sockets[Int(operation.slot)] {
      if [socket.multishot, socket.single?.token, socket.send?.token].contains(operation) {
        cancelSoon(socket, operation)
        return
      }
    }
    post(token, -ENOENT)
  }

  private func cancelSoon(_ socket: SimulatedSocket, _ token: Token) {
    count { $0.cancels += 1 }
    if strikes(.lateCancel) {
      events.add(.cancelTakesEffect(socket, token), at: clock + UInt64(random.below(1_000_000)))
    } else {
      cancelNow(socket, token)
    }
  }

  func cancelNow(_ socket: SimulatedSocket, _ token: Token) {
    if socket.send?.token == token {
      cancelSend(socket)
    } else if socket.multishot == token || socket.single?.token == token {
      socket.multishot = nil
      socket.single = nil
      post(token, -ECANCELED, socket: socket, order: &socket.receiveOrder)
    }
  }

  func close(_ slot: Slot, reset: Bool) {
    guard Int(slot) < sockets.count, let socket = sockets[Int(slot)] else {
      violate("slot \(slot): closed twice")
      return
    }
    if socket.outstanding > 0 {
      violate("slot \(slot): closed while \(socket.outstanding) operations have not completed")
    }
    release(socket, reset: reset)
  }

  func cancelAndClose(_ slot: Slot) {
    guard Int(slot) < sockets.count, let socket = sockets[Int(slot)] else {
      violate("slot \(slot): closed twice")
      return
    }
    if socket.outstanding != socket.outstandingMultishots || socket.outstanding > 1 {
      violate("slot \(slot): closed while a send or a second receive has not completed")
    }
    if let token = socket.multishot {
      count { $0.cancels += 1 }
      socket.multishot = nil
      // The slot is free in this very submission; the receive's last completion may come after its next tenant.
      if strikes(.lateCancel) {
        socket.receiveOrder = max(clock, socket.receiveOrder) + UInt64(random.below(1_000_000))
      }
      post(token, -ECANCELED, socket: socket, order: &socket.receiveOrder)
    }
    release(socket, reset: false)
  }

  private func release(_ socket: SimulatedSocket, reset: Bool) {
    sockets[Int(socket.slot)] = nil
    socket.isClosed = true
    socket.multishot = nil
    socket.single = nil
    socket.send = nil
    count { $0.closes += 1 }
    if socket.wasReset { return }
    // TCP answers a close over unread input with RST, and whatever the peer has not read yet is lost.
    if reset || !socket.inbound.isEmpty {
      count { $0.resetCloses += 1 }
      resetPeer(socket)
    } else {
      socket.outboundEnded = true
      peerMayRead(socket)
    }
  }

  func resetPeer(_ socket: SimulatedSocket) {
    socket.outbound.removeAll()
    socket.peer.sawReset(at: now)
  }
}

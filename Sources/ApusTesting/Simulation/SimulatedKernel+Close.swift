// Cancelling and closing. A cancellation may take effect late; a close never takes an operation with it.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  /// The operation that a token leads to.
  private enum Cancelled {
    case accept(listener: Int)
    case connect(Slot)
    case transfer(SimulatedSocket, serial: UInt64)
  }

  /// One operation by its token. Not finding it is an error, and told.
  func cancel(_ operation: Token, _ token: Token) {
    // A ring over a ring may close a slot over its own send, whose completion may be on its way already.
    if Int(operation.slot) < sockets.count, let socket = sockets[Int(operation.slot)] {
      if operation.isOf(.secureSend) { socket.sendIsToBeCancelled = true }
      if operation.isOf(.secureReceive) { socket.receiveIsToBeCancelled = true }
    }
    guard let found = find(operation) else { return post(token, -ENOENT) }
    if strikes(.missedCancel) { return post(token, -ENOENT) }
    switch found {
    case .accept(let listener): cancelAccept(listener, operation)
    case .connect(let slot): cancelConnect(slot, operation)
    case .transfer(let socket, let serial): cancelSoon(socket, serial)
    }
  }

  private func find(_ operation: Token) -> Cancelled? {
    if let listener = listeners.firstIndex(where: { $0.accept == operation }) {
      return .accept(listener: listener)
    }
    if let connect = connects.values.first(where: { $0.connect == operation }) {
      return .connect(connect.slot)
    }
    // The token of a connection that the engine opened has its number, not its slot.
    for slot in [Int(operation.slot), configuration.slotCount + Int(operation.slot)]
    where slot < sockets.count {
      guard let socket = sockets[slot] else { continue }
      if let send = socket.send, send.token == operation { return .transfer(socket, serial: send.serial) }
      if let waiting = socket.awaitsRoom, waiting.token == operation {
        return .transfer(socket, serial: waiting.serial)
      }
      if socket.multishot == operation || socket.single?.token == operation {
        return .transfer(socket, serial: socket.receiveSerial)
      }
    }
    for (orphan, _) in orphans {
      if orphan.multishot == operation { return .transfer(orphan, serial: orphan.receiveSerial) }
      if let send = orphan.send, send.token == operation { return .transfer(orphan, serial: send.serial) }
    }
    return nil
  }

  private func cancelSoon(_ socket: SimulatedSocket, _ serial: UInt64) {
    count { $0.cancels += 1 }
    if strikes(.lateCancel) {
      events.add(.cancelTakesEffect(socket, serial: serial), at: clock + UInt64(random.below(1_000_000)))
    } else {
      cancelNow(socket, serial)
    }
  }

  func cancelNow(_ socket: SimulatedSocket, _ serial: UInt64) {
    if socket.send?.serial == serial {
      cancelSend(socket)
    } else if let waiting = socket.awaitsRoom, waiting.serial == serial {
      socket.awaitsRoom = nil
      post(waiting.token, -ECANCELED, socket: socket)
    } else if socket.receiveSerial == serial, let token = socket.multishot ?? socket.single?.token {
      socket.multishot = nil
      socket.single = nil
      post(token, -ECANCELED, socket: socket, order: &socket.receiveOrder)
    }
  }

  func close(_ slot: Slot, reset: Bool) {
    if connects[slot] != nil { violate("slot \(slot): closed while its connect is under way") }
    if unconnected.remove(slot) != nil { return }
    guard Int(slot) < sockets.count, let socket = sockets[Int(slot)] else {
      violate("slot \(slot): closed twice")
      return
    }
    let tolerated = (socket.sendIsToBeCancelled ? 1 : 0) + (socket.receiveIsToBeCancelled ? 1 : 0)
    if socket.outstanding > tolerated {
      violate("slot \(slot): closed while \(socket.outstanding) operations have not completed")
    }
    release(socket, reset: reset)
  }

  /// Cancels the receive by its token, then closes. A receive that has ended by itself is
  /// not found, which is told.
  func cancelAndClose(_ slot: Slot, _ receive: Token, _ cancel: Token) {
    guard Int(slot) < sockets.count, let socket = sockets[Int(slot)] else {
      violate("slot \(slot): closed twice")
      return
    }
    let sends = socket.sendIsToBeCancelled ? 1 : 0
    if socket.outstanding > socket.outstandingMultishots + sends || socket.outstandingMultishots > 1 {
      violate("slot \(slot): closed while a send or a second receive has not completed")
    }
    if let token = socket.multishot {
      if token != receive { violate("slot \(slot): closed over a receive that was not the cancelled one") }
      if strikes(.missedCancel) {
        post(cancel, -ENOENT)
        count { $0.closes += 1 }
        freeSlot(of: socket)
        orphans.append((socket, clock))
        return
      }
      count { $0.cancels += 1 }
      socket.multishot = nil
      // The slot is free in this very submission; the receive's last completion may
      // come after its next tenant.
      if strikes(.lateCancel) {
        socket.receiveOrder = max(clock, socket.receiveOrder) + UInt64(random.below(1_000_000))
      }
      post(token, -ECANCELED, socket: socket, order: &socket.receiveOrder)
    } else {
      post(cancel, -ENOENT)
    }
    release(socket, reset: false)
  }

  /// The last of an orphan's operations has completed.
  func letGo(_ socket: SimulatedSocket) {
    guard let index = orphans.firstIndex(where: { $0.socket === socket }) else { return }
    let age = clock - orphans.remove(at: index).since
    // A cancel that is repeated is submitted in the turn in which the engine hears that the first one missed.
    if age > 100_000_000 { violate("slot \(socket.slot): a connection outlived its close by \(age) ns") }
    hangUp(socket, reset: socket.resetsAtEnd)
  }

  /// The ring ends: it cancels what is in flight, until nothing is.
  package func endRing() {
    for (orphan, _) in orphans {
      cancelNow(orphan, orphan.receiveSerial)
      if let send = orphan.send { cancelNow(orphan, send.serial) }
    }
  }

  private func release(_ socket: SimulatedSocket, reset: Bool) {
    if case .forgetsClose(let number) = configuration.sabotage, number == statistics.closes {
      count { $0.closes += 1 }
      return
    }
    freeSlot(of: socket)
    count { $0.closes += 1 }
    if socket.send != nil || socket.multishot != nil || socket.single != nil {
      // The connection lives as long as its operations do, which are being cancelled.
      socket.resetsAtEnd = reset
      orphans.append((socket, clock))
    } else {
      hangUp(socket, reset: reset)
    }
  }

  private func freeSlot(of socket: SimulatedSocket) {
    sockets[Int(socket.slot)] = nil
    lowestFree = min(lowestFree, Int(socket.slot))
  }

  private func hangUp(_ socket: SimulatedSocket, reset: Bool) {
    socket.isClosed = true
    socket.multishot = nil
    socket.single = nil
    socket.send = nil
    socket.awaitsRoom = nil
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

// Sending with MSG_WAITALL: the completion comes when the socket has taken every byte.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  /// Moves bytes of the send in flight into the socket, as far as the window allows.
  func continueSend(_ socket: SimulatedSocket) {
    tellOfRoom(socket)
    while let send = socket.send {
      if socket.wasReset || socket.outboundEnded {
        let error = socket.wasReset && !socket.resetWasTold ? -ECONNRESET : -EPIPE
        socket.resetWasTold = true
        // The bytes that were taken before the end count as sent; the next send learns of the end.
        endSend(socket, send.taken > 0 ? Int32(send.taken) : error)
        return
      }
      let room = room(socket)
      let left = send.count - send.taken
      guard send.waitsForRoom ? isWritable(socket) : room > 0 || left == 0 else {
        socket.send?.waitsForRoom = true
        return
      }
      socket.send?.waitsForRoom = false
      var portion = min(room, left)
      let pauses = portion > 1 && strikes(.partialWindow)
      if pauses { portion = random.within(1...(portion - 1)) }
      let bytes = send.next(portion)
      switch configuration.sabotage {
      case .dropsSend(let number) where number == statistics.sends: break
      case .doublesSend(let number) where number == statistics.sends:
        socket.outbound.append(contentsOf: bytes)
        socket.outbound.append(contentsOf: bytes)
      default: socket.outbound.append(contentsOf: bytes)
      }
      socket.send?.taken += bytes.count
      count { $0.bytesSent += bytes.count }
      peerMayRead(socket)
      guard let taken = socket.send?.taken else { return }
      if taken == send.count || (taken > 0 && strikes(.shortSend)) {
        endSend(socket, Int32(taken))
        return
      }
      if pauses {
        events.add(.sendContinues(socket), at: clock + UInt64(random.below(500_000)))
        return
      }
    }
  }

  /// Bytes that the socket would take.
  func room(_ socket: SimulatedSocket) -> Int {
    let window = socket.peer.windowBytes ?? configuration.sendWindowBytes
    return max(0, window + socket.grownBytes - socket.outbound.count)
  }

  /// TCP tells of room only where a third of all is free (sk_stream_is_writeable).
  func isWritable(_ socket: SimulatedSocket) -> Bool {
    let room = room(socket)
    return room > 0 && room >= socket.outbound.count / 2
  }

  /// A new send finds more room than the one before it, as in a buffer that the
  /// kernel has enlarged meanwhile.
  func growRoom(_ socket: SimulatedSocket) {
    guard let growth = socket.peer.windowGrowth, !socket.outbound.isEmpty else { return }
    socket.grownBytes = min(socket.grownBytes + growth.step, growth.most)
  }

  private func endSend(_ socket: SimulatedSocket, _ result: Int32) {
    guard let send = socket.send else { return }
    socket.send = nil
    count { $0.sends += 1 }
    if send.isSilent, Int(result) == send.count {
      socket.outstanding -= 1
    } else {
      post(send.token, result, socket: socket)
    }
    guard let receive = socket.linkedReceive else { return }
    socket.linkedReceive = nil
    if Int(result) == send.count {
      armReceive(socket, receive, once: false)
    } else {
      socket.outstanding += 1
      post(receive, -ECANCELED, socket: socket, order: &socket.receiveOrder)
    }
  }

  /// What is said before a half-close or a close, if the socket has room for it at once.
  func say(_ farewell: ReadableRegion?, _ slot: Slot) {
    guard let farewell, Int(slot) < sockets.count, let socket = sockets[Int(slot)] else { return }
    if socket.send != nil { violate("slot \(slot): a farewell while a send is in flight") }
    guard !socket.wasReset, !socket.outboundEnded else { return }
    socket.outbound.append(contentsOf: farewell.copy(0..<min(farewell.count, room(socket))))
    peerMayRead(socket)
  }

  /// A worker's task. It looks its slot up only when it runs.
  func shutdownSoon(_ socket: SimulatedSocket, _ token: Token) {
    if socket.send != nil { violate("slot \(socket.slot): a half-close while a send is in flight") }
    socket.outstanding += 1
    if strikes(.lateShutdown) {
      events.add(.shutdownTakesEffect(socket, token), at: clock + UInt64(random.below(2_000_000)))
    } else {
      shutdownNow(socket, token)
    }
  }

  /// The FIN follows what was sent before it.
  func shutdownNow(_ meant: SimulatedSocket, _ token: Token) {
    guard let socket = sockets[Int(meant.slot)] else { return post(token, -EBADF, socket: meant) }
    if socket !== meant { violate("slot \(meant.slot): a half-close has met the next tenant") }
    if socket.wasReset { return post(token, -ENOTCONN, socket: meant) }
    socket.outboundEnded = true
    peerMayRead(socket)
    post(token, 0, socket: meant)
  }

  /// Ends the send with what it has moved.
  func cancelSend(_ socket: SimulatedSocket) {
    guard let send = socket.send else { return }
    endSend(socket, send.taken > 0 ? Int32(send.taken) : -ECANCELED)
  }
}

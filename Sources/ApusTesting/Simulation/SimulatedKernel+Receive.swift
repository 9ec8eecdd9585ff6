// Receiving: multishot into provided buffers, or once into the engine's own memory.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  /// Completions that one wake of a socket may yield, as in the real kernel.
  private static let completionsPerWake = 32

  /// Serves the armed receive from what has arrived.
  func continueReceive(_ socket: SimulatedSocket) {
    if socket.single != nil {
      receiveOnce(socket)
    } else {
      for _ in 0..<Self.completionsPerWake where socket.multishot != nil {
        if !receiveShot(socket) { return }
      }
      if socket.multishot != nil, !socket.inbound.isEmpty { events.add(.receiveContinues(socket), at: clock) }
    }
  }

  /// One completion of the multishot receive; false when there is nothing to tell yet.
  private func receiveShot(_ socket: SimulatedSocket) -> Bool {
    guard let token = socket.multishot else { return false }
    guard !socket.inbound.isEmpty || socket.inboundEnded || socket.wasReset else { return false }
    // A buffer is picked before the socket is read, even where only its end would be found.
    if buffers.freeCount == 0 || strikes(.noBuffers) {
      endReceive(socket, token, -ENOBUFS)
    } else if socket.inbound.isEmpty {
      endReceive(socket, token, endOfInput(socket))
    } else {
      let bytes = takeInbound(socket, limit: buffers.bytesEach)
      let buffer = buffers.lend(bytes)
      let ends = socket.receivesOnce || strikes(.spuriousEnd)
      if ends { socket.multishot = nil }
      socket.broughtAt = ends ? nil : now
      post(
        token, Int32(bytes.count), socket: socket, buffer: buffer, hasMore: !ends, order: &socket.receiveOrder
      )
    }
    return true
  }

  private func receiveOnce(_ socket: SimulatedSocket) {
    guard let (token, region) = socket.single else { return }
    if socket.inbound.isEmpty {
      guard socket.inboundEnded || socket.wasReset else { return }
      endReceive(socket, token, endOfInput(socket))
    } else {
      let bytes = takeInbound(socket, limit: region.count)
      region.fill(bytes)
      endReceive(socket, token, Int32(bytes.count))
    }
  }

  private func takeInbound(_ socket: SimulatedSocket, limit: Int) -> ArraySlice<UInt8> {
    let available = min(limit, socket.inbound.count)
    let bytes = socket.inbound.removeFirst(
      strikes(.shortReceive) ? random.within(1...available) : available)
    count { $0.bytesReceived += bytes.count }
    // There is room in the window again.
    if socket.peer.waitsForWindow { events.add(.peerActs(socket.peer), at: clock) }
    return bytes
  }

  /// 0 at the peer's FIN; an RST is told as an error once, and afterwards looks like an end.
  private func endOfInput(_ socket: SimulatedSocket) -> Int32 {
    guard socket.wasReset, !socket.resetWasTold else { return 0 }
    socket.resetWasTold = true
    return -ECONNRESET
  }

  private func endReceive(_ socket: SimulatedSocket, _ token: Token, _ result: Int32) {
    socket.multishot = nil
    socket.single = nil
    post(token, result, socket: socket, order: &socket.receiveOrder)
  }
}

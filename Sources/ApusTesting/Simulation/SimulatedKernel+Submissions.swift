// Submissions: each is issued in its order, as io_uring_enter(2) does.

import ApusRing
internal import Glibc

extension SimulatedKernel {
  func issueSubmissions() {
    let batch = submissions
    submissions.removeAll(keepingCapacity: true)
    count { $0.submissions += batch.count }
    for submission in batch { issue(submission) }
  }

  private func armReceive(_ slot: Slot, _ token: Token, once: Bool) {
    guard let socket = socket(slot, token, "receive") else { return }
    armReceive(socket, token, once: once)
  }

  func armReceive(_ socket: SimulatedSocket, _ token: Token, once: Bool) {
    if socket.multishot != nil || socket.single != nil {
      violate("slot \(socket.slot): two receives at once")
    }
    socket.receiveIsToBeCancelled = false
    socket.multishot = token
    socket.receivesOnce = once
    socket.broughtAt = nil
    socket.receiveSerial = socket.nextSerial()
    socket.outstanding += 1
    socket.outstandingMultishots += 1
    continueReceive(socket)
  }

  private func issue(_ submission: Submission) {
    switch submission {
    case .accept(let listener, let token): armAccept(listener, token)
    case .receive(let slot, let token): armReceive(slot, token, once: false)
    case .receiveFirst(let slot, let token): armReceive(slot, token, once: true)
    case .receiveInto(let slot, let region, let token): receive(slot, into: region, token)
    case .send(let slot, let head, let body, let token): send(slot, head, body, token)
    case .fileSend(let slot, let part, let token):
      guard let socket = socket(slot, token, "file send") else { return }
      if socket.send != nil || socket.awaitsRoom != nil { violate("slot \(slot): two sends at once") }
      if socket.outboundEnded { violate("slot \(slot): a send after the half-close") }
      socket.filePart = part
      socket.awaitsRoom = (token, socket.nextSerial())
      socket.outstanding += 1
      continueSend(socket)
    case .sendSilently(let slot, let region, let token):
      guard let socket = socket(slot, token, "send") else { return }
      if socket.send != nil { violate("slot \(slot): two sends at once") }
      socket.send = SimulatedSocket.SendInFlight(
        token: token, serial: socket.nextSerial(), head: region, body: nil, isSilent: true)
      socket.outstanding += 1
      continueSend(socket)
    case .connect(let slot, let address, let region, let connect, let send, let receive):
      begin(
        SimulatedConnect(
          slot: slot, address: address, region: region, connect: connect, send: send, receive: receive))
    case .shutdown(let slot, let farewell, let token):
      guard let socket = socket(slot, token, "shutdown") else { return }
      say(farewell, slot)
      shutdownSoon(socket, token)
    case .cancel(_, let operation, let token): cancel(operation, token)
    case .close(let slot, let farewell, let reset, let token):
      if reset, farewell != nil { violate("slot \(slot): a reset says something") }
      say(farewell, slot)
      close(slot, reset: reset)
      if farewell != nil { post(token, 0) }
    case .cancelAndClose(let slot, let farewell, let receive, let cancel, let token):
      say(farewell, slot)
      cancelAndClose(slot, receive, cancel)
      if farewell != nil { post(token, 0) }
    case .peerAddress(let slot, let token):
      guard let socket = socket(slot, token, "peer address") else { return }
      socket.outstanding += 1
      post(token, 16, socket: socket)
    case .read(let descriptor, let offset, let region, let token):
      fileOperations += 1
      // Safety: the region's owner keeps it until the completion.
      let result = unsafe pread(descriptor, region.base, region.count, off_t(offset))
      post(token, result < 0 ? -errno : Int32(result))
    case .write(let region, let token):
      fileOperations += 1
      let taken = min(region.count, logRoom)
      logRoom -= taken
      logged += region.copy(0..<taken)
      post(token, taken > 0 ? Int32(taken) : -logErrno)
    case .wake(let token): armWake(token)
    }
  }

  private func receive(_ slot: Slot, into region: WritableRegion, _ token: Token) {
    guard let socket = socket(slot, token, "receive") else { return }
    if socket.multishot != nil || socket.single != nil { violate("slot \(slot): two receives at once") }
    if region.count == 0 { violate("slot \(slot): a receive into no memory") }
    // A ring over a ring receives everything by tokens of one kind.
    if token.isOf(.secureReceive) { socket.outstandingMultishots += 1 }
    socket.single = (token, region)
    socket.receiveSerial = socket.nextSerial()
    socket.outstanding += 1
    continueReceive(socket)
  }

  private func send(_ slot: Slot, _ head: ReadableRegion, _ body: ReadableRegion?, _ token: Token) {
    guard let socket = socket(slot, token, "send") else { return }
    if socket.send != nil { violate("slot \(slot): two sends at once") }
    if socket.outboundEnded { violate("slot \(slot): a send after the half-close") }
    socket.sendIsToBeCancelled = false
    socket.send = SimulatedSocket.SendInFlight(
      token: token, serial: socket.nextSerial(), head: head, body: body)
    socket.outstanding += 1
    growRoom(socket)
    continueSend(socket)
  }

  /// The open socket of a slot; without one, the operation fails as it would with a closed descriptor.
  private func socket(_ slot: Slot, _ token: Token, _ what: String) -> SimulatedSocket? {
    if Int(slot) < sockets.count, let socket = sockets[Int(slot)] { return socket }
    violate("slot \(slot): \(what) while it is closed")
    post(token, -EBADF)
    return nil
  }

  func peerAddress(of slot: Slot) -> PeerAddress? {
    guard let socket = sockets[Int(slot)] else { return nil }
    return socket.peer.address
  }
}

// Cancelling, half-closing and closing. A connection says close_notify before its FIN; one whose session
// failed says its alert, and is not reset for it, or the alert would be lost.

package import ApusRing
import ApusWire

extension SecureRing where Base: ~Copyable {
  package mutating func enqueueCancel(_ slot: Slot, operation: Token, _ token: Token) {
    guard let link = link(slot) else {
      return base.enqueueCancel(slot, operation: below(operation), token)
    }
    link.cancel = token
    let cancel = link.token(.secureCancel)
    if let receive = link.receive, receive.token == operation {
      if link.isReceivingBelow {
        link.receive!.isCancelled = true
        return base.enqueueCancel(slot, operation: link.token(.secureReceive), cancel)
      }
      link.receive = nil
      tell(operation, -Errno.cancelled)
    } else if let send = link.send, send.token == operation {
      if link.isSendingBelow, !link.isHandshaking {
        link.isCancellingSend = true
        return base.enqueueCancel(slot, operation: link.token(.secureSend), cancel)
      }
      endSend(link, -Errno.cancelled)
    } else if link.connect == operation {
      base.enqueueCancel(slot, operation: link.token(.secureConnect), cancel)
    } else {
      // Of a connect alone, which has the owner's token below, or completed.
      base.enqueueCancel(slot, operation: operation, token)
    }
  }

  /// An accept of a secured listener has a token of ours.
  private func below(_ operation: Token) -> Token {
    guard operation.isOf(.accept), contexts.acceptor(Int(operation.slot)) != nil else { return operation }
    return Token(.secureAccept, slot: operation.slot)
  }

  /// The kernel was in the middle of what was to be cancelled, or it has completed.
  mutating func didNotCancel(_ result: Int32, _ link: SecureLink) {
    let cancel = link.token(.secureCancel)
    if link.shutdown != nil, link.isSendingBelow {
      base.enqueueCancel(link.slot, operation: link.token(.secureSend), cancel)
    }
    guard let token = link.cancel else { return }
    link.cancel = nil
    tell(token, result)
  }

  // MARK: half-close

  package mutating func enqueueShutdown(_ slot: Slot, saying farewell: ReadableRegion?, _ token: Token) {
    guard let link = link(slot) else { return base.enqueueShutdown(slot, saying: farewell, token) }
    precondition(farewell == nil, "slot \(slot): a farewell above TLS")
    link.shutdown = token
    shutDown(link)
  }

  /// Once nothing is in flight: what is, the session said by itself, and its owner has no cancel for it.
  mutating func shutDown(_ link: SecureLink) {
    guard !link.isShuttingDown else { return }
    guard !link.isSendingBelow else {
      link.isCancellingSend = true
      return base.enqueueCancel(
        link.slot, operation: link.token(.secureSend), link.token(.secureCancel))
    }
    link.isShuttingDown = true
    if link.leaving.isEmpty {
      sayGoodbye(link)
    } else {
      // Without the rest of a record that was cut off, nothing behind it is understood.
      release(&link.leaving)
      release(&link.gathered)
    }
    link.leaving = link.gathered
    link.gathered = SecureLink.Bytes()
    base.enqueueShutdown(link.slot, saying: Self.region(link.leaving), link.token(.secureShutdown))
  }

  mutating func didShutDown(_ result: Int32, _ link: SecureLink) {
    release(&link.leaving)
    guard let token = link.shutdown else { return }
    link.shutdown = nil
    tell(token, result)
  }

  // MARK: close

  package mutating func enqueueClose(
    _ slot: Slot, saying farewell: ReadableRegion?, reset: Bool, _ token: Token
  ) {
    guard let link = link(slot) else {
      return base.enqueueClose(slot, saying: farewell, reset: reset, token)
    }
    precondition(farewell == nil, "slot \(slot): a farewell above TLS")
    close(link, resets: reset, receive: nil)
  }

  package mutating func enqueueCancelAndClose(
    _ slot: Slot, saying farewell: ReadableRegion?, receive: Token, cancel: Token, _ token: Token
  ) {
    guard let link = link(slot) else {
      return base.enqueueCancelAndClose(
        slot, saying: farewell, receive: receive, cancel: cancel, token)
    }
    precondition(farewell == nil, "slot \(slot): a farewell above TLS")
    precondition(link.receive?.token == receive, "slot \(slot): closed over a receive that is not its own")
    close(link, resets: false, receive: receive)
  }

  private mutating func close(_ link: SecureLink, resets: Bool, receive: Token?) {
    links[Int(link.slot)] = nil
    link.isClosed = true
    link.receive = nil
    let hasFailed = link.hasFailed
    let farewell = resets && !hasFailed || link.isSendingBelow ? nil : farewell(link)
    let receiveBelow = link.isReceivingBelow ? link.token(.secureReceive) : nil
    if let receiveBelow {
      orphans[receiveBelow] = Orphan(receive: receive, block: link.input.block)
    } else {
      pool.release(link.input.block)
      if let receive { tell(receive, -Errno.cancelled) }
    }
    if link.isSendingBelow {
      let send = link.token(.secureSend)
      orphans[send] = Orphan(block: link.leaving.block)
      base.enqueueCancel(link.slot, operation: send, link.token(.secureCancel))
      pool.release(link.gathered.block)
    } else if farewell != nil {
      orphans[link.token(.secureClose)] = Orphan(block: link.gathered.block)
      pool.release(link.leaving.block)
    } else {
      pool.release(link.leaving.block)
      pool.release(link.gathered.block)
    }
    let close = link.token(.secureClose)
    if let receiveBelow, !resets || hasFailed {
      base.enqueueCancelAndClose(
        link.slot, saying: farewell, receive: receiveBelow, cancel: link.token(.secureCancel), close)
    } else {
      if let receiveBelow {
        base.enqueueCancel(link.slot, operation: receiveBelow, link.token(.secureCancel))
      }
      base.enqueueClose(link.slot, saying: farewell, reset: resets && !hasFailed, close)
    }
    link.input = SecureLink.Bytes()
    link.leaving = SecureLink.Bytes()
    link.gathered = SecureLink.Bytes()
    link.session = nil
  }

  /// What is said before the FIN: what waits, an alert among it, and close_notify.
  private mutating func farewell(_ link: SecureLink) -> ReadableRegion? {
    // Without the rest of a record that was cut off, nothing behind it is understood.
    guard link.leaving.isEmpty else { return nil }
    if link.session?.failure?.reason == .plaintextHTTP {
      reserve(Self.plaintextRefusal.count, &link.gathered)
      link.gathered.append(Self.plaintextRefusal.span)
    } else {
      sayGoodbye(link)
    }
    return Self.region(link.gathered)
  }

  private mutating func sayGoodbye(_ link: SecureLink) {
    guard !link.isHandshaking, let session = link.session, session.failure == nil else { return }
    var said = CipherOutput(scratch)
    session.close(into: &said)
    guard said.count > 0 else { return }
    reserve(said.count, &link.gathered)
    link.gathered.append(said.block.bytes(0..<said.count))
  }

  private static func region(_ bytes: SecureLink.Bytes) -> ReadableRegion? {
    bytes.isEmpty ? nil : bytes.block.readable(bytes.start..<bytes.end)
  }

  /// To a client that speaks HTTP without TLS, in the only language that it knows.
  private static var plaintextRefusal: [UInt8] {
    let text = "This port speaks HTTPS, and the request came as plain HTTP.\n"
    return [UInt8](
      """
      HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
      Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)
      """.utf8)
  }

  /// An operation of a connection that is closed.
  mutating func didEnd(_ completion: Completion) -> Completion? {
    if let buffer = completion.buffer { base.recycle(buffer) }
    let token = completion.token
    if token.isOf(.secureCancel) {
      // The operation continues behind the close, and would keep the connection.
      for operation: Operation in [.secureReceive, .secureSend] {
        let operation = Token(operation, slot: token.slot, generation: token.generation)
        if orphans[operation] != nil { base.enqueueCancel(token.slot, operation: operation, token) }
      }
      return nil
    }
    guard !completion.hasMore, let orphan = orphans.removeValue(forKey: token) else { return nil }
    pool.release(orphan.block)
    return orphan.receive.map { Completion(token: $0, result: -Errno.cancelled) }
  }
}

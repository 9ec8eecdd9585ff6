// Handshakes. A full one takes as long as hundreds of requests, so they wait in a queue of their own: each
// turn gives them a millisecond, and at least one step.

package import ApusRing

extension SecureRing where Base: ~Copyable {
  /// The connection of `slot` is to speak TLS from now on; nothing of it is in flight but a connect.
  package mutating func secure(_ slot: Slot, _ session: any SecureSession) {
    _ = secure(slot, .client, session: session)
  }

  /// A client's first flight, made when its owner first wants something.
  mutating func begin(_ link: SecureLink) {
    guard link.isHandshaking, !link.hasBegun else { return }
    link.hasBegun = true
    if link.role == .client { step(link) }
  }

  mutating func queueHandshake(_ link: SecureLink) {
    guard !link.isQueued else { return }
    link.isQueued = true
    handshakes.append(link)
  }

  /// Steps of handshakes, until one tells its owner something or this turn's time for them is over.
  mutating func reapHandshakes() -> Completion? {
    while handshakesEnd.map({ base.now() < $0 }) ?? true, let link = handshakes.popFirst() {
      if handshakesEnd == nil {
        handshakesEnd = Instant(nanoseconds: base.now().nanoseconds + contexts.handshakeNanoseconds)
      }
      link.isQueued = false
      guard !link.isClosed else { continue }
      step(link)
      if hasOwn, let completion = reapOwn() { return completion }
    }
    return nil
  }

  /// Goes on with a handshake, with what has been received.
  private mutating func step(_ link: SecureLink) {
    let session = session(link)
    while true {
      var said = CipherOutput(scratch)
      let input = link.input
      let step = session.handshake(input.block.bytes(input.start..<input.end), into: &said)
      gather(said, link)
      link.input.start += step.taken
      if link.input.isEmpty { release(&link.input) }
      switch step.state {
      case .ready: return didShakeHands(link)
      case .goesOn, .wantsRoom: continue
      case .wantsCiphertext:
        if link.end != nil { failHandshakeAtEnd(link) } else { receiveBelow(link) }
        return
      case .ended, .failed:
        session.peerEnded()
        return fail(link)
      }
    }
  }

  private func session(_ link: SecureLink) -> any SecureSession {
    if let session = link.session { return session }
    guard let acceptor = contexts.acceptor(link.listener) else {
      preconditionFailure("slot \(link.slot): listener \(link.listener) is not secured")
    }
    let session = acceptor.makeSession()
    link.session = session
    return session
  }

  private mutating func didShakeHands(_ link: SecureLink) {
    link.isHandshaking = false
    let facts = link.session!.facts
    if link.role == .server { counters.didShakeHands(facts) }
    if let owner = link.receive?.token ?? link.send?.token {
      let operation: Operation = link.role == .server ? .secured : .clientSecured
      tell(Token(operation, slot: owner.slot, generation: owner.generation), 0)
    }
    if link.hasInput { makeReady(link) }
    if !link.isReady { receiveBelow(link) }
    continueSend(link)
  }

  /// The connection ended before the handshake did.
  mutating func failHandshakeAtEnd(_ link: SecureLink) {
    link.session?.peerEnded()
    fail(link)
  }

  /// The session failed, of which a client's owner hears at its send. An alert may be on its way.
  mutating func fail(_ link: SecureLink) {
    if link.hasFailed { return }
    // A client that left before its first byte has only left.
    guard let session = link.session else { return makeReady(link) }
    if link.role == .server { counters.didFail(session.failure?.reason ?? .peerLeft) }
    let wasHandshaking = link.isHandshaking
    link.end = .failed
    if !link.isInputLent { release(&link.input) }
    if link.role == .client, wasHandshaking {
      endSend(link, -Errno.protocolError)
      guard let receive = link.receive, !link.isReceivingBelow else { return }
      link.receive = nil
      tell(receive.token, -Errno.cancelled)
      return
    }
    if !link.isSendingBelow { endSend(link, -Errno.protocolError) }
    makeReady(link)
  }

  // MARK: facts

  /// What the handshake of a connection agreed on; nil before, and for plain ones.
  package func facts(of slot: Slot) -> SecureFacts? {
    guard let link = link(slot), !link.isHandshaking else { return nil }
    return link.session?.facts
  }

  /// Why the session of a connection that is still open failed.
  package func failure(of slot: Slot) -> SecureFailure? { link(slot)?.session?.failure }

  /// The peer said that nothing more follows. A FIN without it may be an attacker's.
  package func sawCloseNotify(_ slot: Slot) -> Bool { link(slot)?.session?.sawCloseNotify ?? true }

  /// The peer's certificates, its own first.
  package func peerCertificates(of slot: Slot) -> [PeerCertificate] {
    link(slot)?.session?.peerCertificates ?? []
  }
}

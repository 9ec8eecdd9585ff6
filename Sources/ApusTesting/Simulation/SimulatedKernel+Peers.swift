// The actions of peers on sockets: the steps of their scripts, and their reads.

import ApusRing

extension SimulatedKernel {
  /// Lets a peer connect `delay` nanoseconds from now.
  package func add(_ peer: SimulatedPeer, after delay: UInt64 = 0) {
    peers.append(peer)
    if strikes(.slowPeer) {
      peer.reading = .slow(
        bytes: random.within(50...4000), every: UInt64(random.within(10_000...2_000_000)))
    }
    events.add(.peerConnects(peer), at: clock + delay)
  }

  /// A peer's script has become longer.
  func resume(_ peer: SimulatedPeer) { events.add(.peerActs(peer), at: clock) }

  /// The peer is a server that one of the engine's connects will reach, after those that were added before.
  package func serve(_ peer: SimulatedPeer) {
    peers.append(peer)
    servers.append(peer)
  }

  /// Runs the peer's script until it has to wait.
  func act(_ peer: SimulatedPeer) {
    if let security = peer.security, let socket = peer.socket, !security.hasBegun, !peer.hasEnded {
      say(security.begin(), on: socket)
    }
    guard !peer.hasEnded, clock >= peer.pausedUntil else { return }
    while let step = peer.currentStep {
      if peer.hasEnded { return }
      switch step {
      case .send(let bytes):
        guard let socket = peer.socket else { return }
        if strikes(.reset) {
          peer.wasResetByFault = true
          reset(socket)
          return
        }
        if !send(bytes, from: peer, to: socket) { return }
      case .pause(let nanoseconds):
        peer.pausedUntil = clock + nanoseconds
        peer.finishStep()
        events.add(.peerActs(peer), at: peer.pausedUntil)
        return
      case .awaitAnswers(let number):
        guard peer.answers.count >= number else { return }
        peer.finishStep()
      case .awaitBytes(let count):
        guard peer.receivedBytes >= count else { return }
        peer.finishStep()
      case .awaitEnd:
        guard peer.endedAt != nil else { return }
        peer.finishStep()
      case .serve(let service):
        guard let socket = peer.socket, answer(service, peer, socket) else { return }
        peer.finishStep()
        close(peer, socket)
      case .halfClose:
        guard let socket = peer.socket else { return }
        peer.finishStep()
        if let security = peer.security { say(security.close(mayGoOn: false), on: socket) }
        socket.inboundEnded = true
        continueReceive(socket)
      case .close:
        guard let socket = peer.socket else { return }
        peer.finishStep()
        close(peer, socket)
      case .reset:
        guard let socket = peer.socket else { return }
        peer.finishStep()
        peer.wasResetByFault = true
        reset(socket)
        return
      case .setReading(let reading):
        peer.finishStep()
        peer.reading = reading
        if let socket = peer.socket { peerMayRead(socket) }
      }
    }
  }

  /// Answers what has come; true once the service closes.
  private func answer(_ service: SimulatedService, _ peer: SimulatedPeer, _ socket: SimulatedSocket) -> Bool {
    while peer.receivedBytes >= (peer.servedCount + 1) * service.requestBytes {
      if let limit = service.requestLimit, peer.servedCount == limit { return true }
      if let end = service.endOfStall(at: clock) {
        peer.pausedUntil = end
        events.add(.peerActs(peer), at: end)
        return false
      }
      let start = peer.servedCount * service.requestBytes
      let bytes =
        service.respond?(peer.received[start..<start + service.requestBytes])
        ?? service.answers[peer.servedCount % service.answers.count]
      guard push(bytes, from: peer, to: socket) else { return false }
      peer.stepOffset = 0
      peer.servedCount += 1
      if peer.hasEnded { return false }
    }
    return peer.servedCount == service.requestLimit
  }

  /// False when the window is full or the connection gone.
  private func send(_ bytes: [UInt8], from peer: SimulatedPeer, to socket: SimulatedSocket) -> Bool {
    let isDone = push(bytes, from: peer, to: socket)
    if isDone { peer.finishStep() }
    return isDone
  }

  private func push(_ bytes: [UInt8], from peer: SimulatedPeer, to socket: SimulatedSocket) -> Bool {
    if socket.isClosed {
      // Bytes for a closed socket are answered with RST, which overtakes what the peer has not read.
      resetPeer(socket)
      return false
    }
    if let security = peer.security, !security.isOpen { return false }
    let room = max(0, configuration.receiveWindowBytes - socket.inbound.count)
    let portion = min(room, bytes.count - peer.stepOffset)
    let piece = bytes[peer.stepOffset..<(peer.stepOffset + portion)]
    if let security = peer.security, portion > 0 {
      socket.inbound.append(contentsOf: security.encrypt(piece))
    } else {
      socket.inbound.append(contentsOf: piece)
    }
    peer.stepOffset += portion
    if let link = peer.link, portion > 0 {
      peer.unsentBytes -= portion
      link.hasRoom(at: now)
    }
    peer.waitsForWindow = peer.stepOffset < bytes.count
    let isDone = !peer.waitsForWindow
    continueReceive(socket)
    return isDone
  }

  /// What the peer's TLS says by itself; the window is not asked.
  private func say(_ bytes: [UInt8], on socket: SimulatedSocket) {
    guard !bytes.isEmpty, !socket.isClosed, !socket.inboundEnded else { return }
    socket.inbound.append(contentsOf: bytes)
    continueReceive(socket)
  }

  /// The peer's process closes its socket; over answers that it has not read that is an RST.
  private func close(_ peer: SimulatedPeer, _ socket: SimulatedSocket) {
    peer.hasClosed = true
    if !socket.outbound.isEmpty {
      reset(socket)
    } else if !socket.isClosed {
      if let security = peer.security { say(security.close(mayGoOn: true), on: socket) }
      socket.inboundEnded = true
      continueReceive(socket)
    }
  }

  /// An RST from the peer's end.
  private func reset(_ socket: SimulatedSocket) {
    socket.wasReset = true
    socket.outbound.removeAll()
    socket.peer.sawReset(at: now)
    if socket.isClosed { return }
    // Linux lets bytes that arrived before the RST be read; other stacks drop them.
    if random.chance(0.5) { socket.inbound.removeAll() }
    let isOneEvent = socket.multishot != nil && socket.inbound.isEmpty && socket.broughtAt == now
    if !isOneEvent || !strikes(.deafReceive) { continueReceive(socket) }
    continueSend(socket)
  }

  /// Hands the peer what it is willing to read, after anything was added to `outbound` or its end.
  func peerMayRead(_ socket: SimulatedSocket) {
    let peer = socket.peer
    if peer.hasClosed {
      // Bytes for a peer that has closed are answered with RST.
      if !socket.outbound.isEmpty, !socket.wasReset { reset(socket) }
      return
    }
    switch peer.reading {
    case .eager: deliver(.max, from: socket)
    case .slow(_, let interval):
      guard !peer.readIsScheduled, !socket.outbound.isEmpty || (socket.outboundEnded && peer.endedAt == nil)
      else { return }
      peer.readIsScheduled = true
      events.add(.peerReads(peer), at: clock + interval)
    case .never: break
    }
  }

  func readSlowly(_ peer: SimulatedPeer) {
    peer.readIsScheduled = false
    guard let socket = peer.socket, !peer.hasEnded else { return }
    if case .slow(let bytes, _) = peer.reading { deliver(bytes, from: socket) }
    peerMayRead(socket)
  }

  private func deliver(_ limit: Int, from socket: SimulatedSocket) {
    let peer = socket.peer
    guard !peer.hasEnded else { return }
    let limit = min(limit, peer.link?.room ?? .max)
    let bytes = socket.outbound.removeFirst(min(limit, socket.outbound.count))
    let answersBefore = peer.answers.count
    if !bytes.isEmpty { hand(bytes, to: peer, socket) }
    if socket.outbound.isEmpty, socket.outboundEnded, peer.endedAt == nil {
      peer.sawEnd(at: now)
      if peer.closesAtEnd { close(peer, socket) }
    }
    if peer.answers.count > answersBefore || peer.awaitsBytes { events.add(.peerActs(peer), at: clock) }
    // An eager reader is called from within the send that it makes room for; a slow one wakes it.
    let mayBeCalledLater = if case .slow = peer.reading { true } else { peer.link != nil }
    if mayBeCalledLater, !bytes.isEmpty, socket.send != nil || socket.awaitsRoom != nil {
      events.add(.sendContinues(socket), at: clock)
    }
  }

  /// Gives the peer what it reads, decrypted if it speaks TLS.
  private func hand(_ bytes: ArraySlice<UInt8>, to peer: SimulatedPeer, _ socket: SimulatedSocket) {
    guard let security = peer.security else { return peer.received(bytes, at: now) }
    let wasOpen = security.isOpen
    let (plaintext, reply) = security.receive(bytes)
    say(reply, on: socket)
    if !plaintext.isEmpty { peer.received(plaintext[...], at: now) }
    if security.isOpen != wasOpen { events.add(.peerActs(peer), at: clock) }
  }

  /// Adds a step to a peer's script, which it takes at `time`, or now if that is over.
  func add(_ step: SimulatedPeer.Step, to peer: SimulatedPeer, at time: Instant) {
    peer.append(step)
    events.add(.peerActs(peer), at: max(clock, time.nanoseconds))
  }

  /// The peer resets its connection at `time`.
  func giveUp(_ peer: SimulatedPeer, at time: Instant) {
    peer.giveUp()
    events.add(.peerActs(peer), at: max(clock, time.nanoseconds))
  }

  /// The peer may read on.
  func mayRead(_ peer: SimulatedPeer, at time: Instant) {
    guard let socket = peer.socket, !peer.readIsScheduled, !socket.outbound.isEmpty else { return }
    peer.readIsScheduled = true
    events.add(.peerReads(peer), at: max(clock, time.nanoseconds))
  }
}

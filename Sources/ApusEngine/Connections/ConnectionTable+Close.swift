// Closing, in three steps: no new operations; the slot and its buffers live until the last
// completion; then close, a new generation, and the slot is free. Nothing of it is freed while the
// kernel may still write to it.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// The last answer is out. Where input may be unread, a plain close would send RST and could destroy that
  /// answer on its way: then FIN first, and a bounded reading and dropping (RFC 9112 section 9.6).
  /// Otherwise close at once.
  mutating func beginClose(_ slot: Slot) {
    let flags = connections[slot].flags
    let mayHaveUnread = flags.contains(.lingers) || waitingCount(slot) > 0
    if mayHaveUnread && !flags.contains(.peerFinished) {
      connections[slot].phase = .lingering
      connections[slot].flags.remove(.isPaused)
      setDeadline(tick + ticks.linger, slot)
    } else {
      connections[slot].phase = .closing
    }
    markDirty(slot)
  }

  /// Ends a connection that owes nothing: FIN.
  mutating func close(_ slot: Slot, _ reason: CloseReason) {
    noteUnanswered(slot, reason)
    abandonExchange(slot)
    connections[slot].closeReason = reason
    connections[slot].phase = .closing
    markDirty(slot)
  }

  /// Ends a connection in the middle of a message: RST, so that the peer cannot take
  /// what it has for the whole.
  mutating func abort(_ slot: Slot, _ reason: CloseReason) {
    connections[slot].flags.insert(.resets)
    close(slot, reason)
  }

  /// The network failed under the connection.
  package mutating func didFail(_ slot: Slot) {
    guard connections[slot].phase != .closing else {
      markDirty(slot)
      return
    }
    // Once the last answer is out, a reset is one of the ways in which peers say goodbye.
    if connections[slot].phase == .lingering {
      connections[slot].phase = .closing
      markDirty(slot)
    } else {
      abort(slot, .peerReset)
    }
  }

  /// The connection's TLS failed: no byte more is read or sent, but for its alert, which the ring says.
  package mutating func didFailSecurely(_ slot: Slot) {
    guard connections[slot].phase != .closing else { return markDirty(slot) }
    abort(slot, .secureFailure)
  }

  /// The peer sent FIN: what it asked for before is still answered, then the connection ends. A client of
  /// events never half-closes to wait for more of them: those of a server's behind that have come by now
  /// still go out, and a reset says that they are not all.
  mutating func closeIfPeerFinished(_ slot: Slot) {
    guard connections[slot].flags.contains(.peerFinished) else { return }
    if connections[slot].phase == .handling { exchange(slot)?.didLoseInput() }
    guard claimedOutbox(slot) == nil,
      !connections[slot].flags.contains(.hasMoreToParse)
    else { return }
    switch connections[slot].phase {
    case .idle: close(slot, .peerFinished)
    case .head, .body: close(slot, .peerTruncated)
    case .dropping: close(slot, .peerFinished)
    // It may have half-closed, and still wants its answer; it may be gone, which only a time-out tells.
    case .handling:
      guard let exchange = exchange(slot) else { return }
      if exchange.isCutRelay { return abort(slot, .peerFinished) }
      if isReadingBody(slot), waitingCount(slot) == 0 { endInput(exchange, slot) }
      setPhaseDeadline(slot)
    case .free, .answering, .lingering, .closing: break
    }
  }

  /// A receive or a send of the slot's tenant has not completed yet. Reads of files are short
  /// and complete by themselves.
  mutating func isInFlight(_ operation: Operation, _ slot: Slot) -> Bool {
    let flags = connections[slot].flags
    return switch operation {
    case .send: flags.contains(.sending)
    case .receiveInto: flags.contains(.receivingInto)
    default: flags.contains(.receiving)
    }
  }

  /// Our FIN is out, or the connection was gone already; the slot may be closed.
  package mutating func didShutDown(_ slot: Slot) {
    connections[slot].flags.remove(.shuttingDown)
    markDirty(slot)
  }

  mutating func nextCloseAction(_ slot: Slot) -> ConnectionAction {
    let flags = connections[slot].flags
    let resets = flags.contains(.resets)
    switch flags.intersection(.inFlight) {
    case []:
      free(slot)
      return .close(reset: resets)
    // A receive into memory of the connection's own is waited for: that memory goes with the connection.
    case [.receiving]
    where !resets && flags.isDisjoint(with: [.cancellingAll, .cancellingReceive, .receivingInto]):
      // Named before the slot's generation moves on.
      let receive = token(.receive, slot)
      free(slot)
      return .cancelAndClose(receive)
    default:
      guard !flags.contains(.cancellingAll) else { return .none }
      connections[slot].flags.insert(.cancellingAll)
      return .cancelAll
    }
  }

  /// Forgets the tenant. The close is being enqueued: what still completes for it carries an old generation.
  private mutating func free(_ slot: Slot) {
    freeOutbox(slot)
    freeIntake(slot)
    counters[connections[slot].closeReason] += 1
    wheel.disarm(Self.timer(of: slot))
    let generation = (connections[slot].generation + 1) % Token.generationCount
    let isDirty = connections[slot].flags.intersection(.isDirty)
    connections[slot] = Connection()
    connections[slot].generation = generation
    connections[slot].flags = isDirty
    openCount -= 1
  }
}

// A close has three steps: no new operations start; the slot and its buffers live until the last completion;
// then the socket is closed, the generation increases and the slot is free. No buffer is freed while the
// kernel may still write to it.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// The last response is sent. If input may be unread, a plain close would send RST and could destroy that
  /// response in flight: so FIN comes first, then a bounded time of reading and dropping (RFC 9112 section
  /// 9.6). Otherwise the connection closes at once.
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

  /// Ends a connection with FIN; no response is unfinished.
  mutating func close(_ slot: Slot, _ reason: CloseReason) {
    noteUnanswered(slot, reason)
    abandonExchange(slot)
    connections[slot].closeReason = reason
    connections[slot].phase = .closing
    markDirty(slot)
  }

  /// Ends a connection in the middle of a message with RST, so that the peer cannot take a truncated message
  /// for a complete one.
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
    // After the last response a reset is a common way for peers to close.
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

  /// The peer sent FIN: requests that arrived before still get their responses, then the connection ends. A
  /// client of an event stream never half-closes to wait for more events. A relayed stream sends the events
  /// that have arrived by now, and a reset then tells the client that they are not all.
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
    // The peer may have half-closed and still want its response, or be gone; only a timeout tells.
    case .handling:
      guard let exchange = exchange(slot) else { return }
      if exchange.isCutRelay { return abort(slot, .peerFinished) }
      if isReadingBody(slot), waitingCount(slot) == 0 { endInput(exchange, slot) }
      setPhaseDeadline(slot)
    case .free, .answering, .lingering, .closing: break
    }
  }

  /// A receive or a send of the slot's connection has not completed yet. Reads of files are not asked for:
  /// they are short and complete by themselves.
  mutating func isInFlight(_ operation: Operation, _ slot: Slot) -> Bool {
    let flags = connections[slot].flags
    return switch operation {
    case .send: flags.contains(.sending)
    case .receiveInto: flags.contains(.receivingInto)
    default: flags.contains(.receiving)
    }
  }

  /// Our FIN is sent, or the connection was gone already; the slot may be closed.
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
    // A receive into a buffer of the connection's own is waited for, because the buffer is freed with it.
    case [.receiving]
    where !resets && flags.isDisjoint(with: [.cancellingAll, .cancellingReceive, .receivingInto]):
      // The token is made before the slot's generation changes.
      let receive = token(.receive, slot)
      free(slot)
      return .cancelAndClose(receive)
    default:
      guard !flags.contains(.cancellingAll) else { return .none }
      connections[slot].flags.insert(.cancellingAll)
      return .cancelAll
    }
  }

  /// Clears the slot. The close is being enqueued; later completions carry the old generation.
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

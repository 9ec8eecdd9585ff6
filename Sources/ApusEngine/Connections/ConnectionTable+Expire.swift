// Deadlines. A connection has one deadline and one timer, which may fire earlier: requests move only the
// deadline, never the timer.

package import ApusRing
import ApusWire

/// The owner of a due timer.
package enum Expired {
  case connection
  case own(OwnTimer)
}

/// Timers of the core, not of a connection.
package enum OwnTimer: UInt32 {
  case acceptRetry = 0
  case drain = 1
  case logFlush = 2
  case reap = 3
  case giveUpTasks = 4
}

extension ConnectionTable {
  package mutating func arm(_ timer: OwnTimer, after ticks: UInt64) {
    wheel.arm(timer.rawValue, at: tick + ticks)
  }

  /// Takes one due timer off the wheel and performs it; nil if none is due.
  package mutating func expireNext() -> Expired? {
    guard let timer = wheel.popExpired(now: tick) else { return nil }
    if let own = OwnTimer(rawValue: timer) { return .own(own) }
    didExpire(Slot(rawValue: timer - Self.ownTimers))
    return .connection
  }

  /// When the core must wake without an event; nil while no deadline is set.
  package mutating func nextDeadline() -> Instant? { wheel.nextDeadline()?.instant }

  private mutating func didExpire(_ slot: Slot) {
    connections[slot].armedFor = Tick(rawValue: .max)
    let deadline = connections[slot].deadline
    guard deadline <= tick else {
      connections[slot].flags.remove(.hasLooked)
      look(slot)
      setDeadline(deadline, slot)
      return
    }
    markDirty(slot)
    if isAboutToSend(slot) { return }
    let flags = connections[slot].flags
    if connections[slot].phase != .closing, flags.contains(.sending) {
      expireSend(slot)
      return
    }
    switch connections[slot].phase {
    case .free: break
    case .idle:
      let neverAsked = connections[slot].requestCount == 0
      close(slot, isDraining ? .drain : neverAsked ? .noFirstByte : .idle)
    case .head:
      if looksFirst(slot) { return }
      refuseHead(slot)
    case .body:
      if looksFirst(slot) { return }
      refuseCollecting(.requestTimeout, "the request body came too slowly", .bodyTimeout, slot)
    case .dropping:
      giveUpDropping(slot)
    case .handling:
      expireHandler(slot)
    case .answering:
      abort(slot, .sendTimeout)
    case .lingering:
      connections[slot].phase = .closing
    case .closing:
      break
    }
  }

  /// Responds 408 to the part of the head that has arrived.
  private mutating func refuseHead(_ slot: Slot) {
    let intake = connections[slot].intake
    let block = intakes[intake].raw.block
    arrivedAt = now
    refuse(
      .requestTimeout, "the request head was not complete in time", .headTimeout,
      of: block.bytes(intakes[intake].raw.range), slot)
  }

  /// A response of this turn is sent at the turn's end: the request came in time, and the send sets its own
  /// deadline.
  private mutating func isAboutToSend(_ slot: Slot) -> Bool {
    guard connections[slot].phase != .closing,
      connections[slot].flags.isDisjoint(with: [.sending, .readingFile]),
      let outbox = claimedOutbox(slot)
    else { return false }
    return !outboxes[outbox].isEmpty
  }

  /// Has the receive armed anew if a reset may have gone unnoticed: an armed receive that reads the bytes
  /// before a reset then waits for an event that has already passed. Between requests and after a response, a
  /// short deadline or a send finds such a reset. But a handler may have no deadline and nothing to send, and
  /// the deadline of a head or a body would take a peer that is gone for a slow one.
  mutating func look(_ slot: Slot) {
    switch connections[slot].phase {
    case .head, .body, .dropping, .handling: break
    case .free, .idle, .answering, .lingering, .closing: return
    }
    guard mayBeDeaf(slot) else { return }
    connections[slot].flags.insert(.wantsLook)
    markDirty(slot)
  }

  /// The receive in flight is a multishot one, which may miss a reset.
  private mutating func mayBeDeaf(_ slot: Slot) -> Bool {
    connections[slot].flags.intersection([.receiving, .receivingInto]) == .receiving
  }

  /// Checks the socket once before a slow peer is refused, because it may be gone. True while that check is
  /// in progress.
  private mutating func looksFirst(_ slot: Slot) -> Bool {
    let flags = connections[slot].flags
    if flags.contains(.hasLooked) {
      // A receive that is armed by now was armed in an earlier turn, and would have completed in this one.
      let isUnderWay =
        !flags.isDisjoint(with: [.wantsLook, .cancellingReceive])
        || flags.isDisjoint(with: [.receiving, .isPaused, .isBulk, .peerFinished])
      guard isUnderWay else { return false }
    } else {
      guard mayBeDeaf(slot), !flags.contains(.peerFinished) else { return false }
      connections[slot].flags.insert(.hasLooked)
      look(slot)
    }
    setDeadline(tick + 1, slot)
    return true
  }

  /// Bytes of an unfinished request arrived: the timer fires within one idle timeout, as it mostly would
  /// anyway.
  mutating func lookLater(_ slot: Slot) {
    let time = tick + ticks.keepAlive
    guard time < connections[slot].armedFor else { return }
    connections[slot].armedFor = time
    wheel.arm(Self.timer(of: slot), at: time)
  }

  /// The handler took too long, or its peer stopped sending long ago and counts as gone.
  private mutating func expireHandler(_ slot: Slot) {
    guard let exchange = exchange(slot) else { return }
    if exchange.inflow.isWanted {
      if looksFirst(slot) { return }
      exchange.outflow.closeReason = .bodyTimeout
      exchange.inflow.end(.failed(.stalled))
      setPhaseDeadline(slot)
    } else if deadlineOfAnswer(slot) > tick {
      // After part of a response only a reset tells the client that it is not complete.
      if exchange.outflow.headIsWritten { abort(slot, .peerFinished) } else { close(slot, .peerFinished) }
    } else if exchange.outflow.headIsWritten {
      abort(slot, .answerTimeout)
    } else {
      answerInPlace(of: exchange, slot)
    }
  }

  /// Responds 503. The exchange settles it, so that hooks that change responses change this one too.
  private mutating func answerInPlace(of exchange: Exchange, _ slot: Slot) {
    var response = exchange.refuse(AnswerError.timedOut)
    exchange.settle(&response)
    let copy = exchange.copy
    parseAgain(copy)
    deliver(response, copy.bytes, closing: .answerTimeout, slot)
    connections[slot].flags.insert(.lingers)
    abandonExchange(slot)
    tidyIntake(slot)
  }

  private mutating func isTunnel(_ slot: Slot) -> Bool {
    guard let exchange = exchange(slot) else { return false }
    return exchange.isUpgraded && exchange.relay.isWaiting
  }

  private mutating func deadlineOfAnswer(_ slot: Slot) -> Tick {
    guard let exchange = exchange(slot), !exchange.outflow.headIsWritten else { return Tick(rawValue: .max) }
    return exchange.startedAt + (exchange.answerTicks ?? ticks.answer)
  }

  /// The send in flight has not ended: cancelling it tells how much was sent. If the cancel itself has not
  /// completed by the next deadline, the kernel is at fault and the connection ends.
  private mutating func expireSend(_ slot: Slot) {
    guard !connections[slot].flags.contains(.cancellingSend) else {
      abort(slot, .sendTimeout)
      return
    }
    connections[slot].flags.insert([.cancellingSend, .wantsSendCancelled])
    setDeadline(tick + ticks.sendStall, slot)
  }

  /// Sets the deadline of the connection's present phase. A send in flight has a deadline of its own, which
  /// no later request postpones; when the send is done, this is called again.
  mutating func setPhaseDeadline(_ slot: Slot) {
    guard !connections[slot].flags.contains(.sending) else { return }
    let intake = connections[slot].intake
    switch connections[slot].phase {
    case .idle: setIdleDeadline(slot)
    case .head: setDeadline(intakes[intake].progress.startedAt + ticks.head, slot)
    case .body:
      setDeadline(intakes[intake].progress.deadline(ticks, stall: ticks.bodyStall, at: tick), slot)
    case .dropping: setDeadline(intakes[intake].progress.startedAt + ticks.unreadBody, slot)
    case .handling:
      var deadline = deadlineOfAnswer(slot)
      // A tunnel has its own limits.
      if connections[slot].flags.contains(.peerFinished), !isTunnel(slot) {
        deadline = min(deadline, tick + ticks.halfClosed)
      }
      // Only a peer that is asked for more bytes can be late.
      if let exchange = exchange(slot), exchange.inflow.isWanted, !exchange.isUpgraded {
        deadline = min(deadline, intakes[intake].progress.deadline(ticks, stall: ticks.bodyStall, at: tick))
      }
      setDeadline(deadline, slot)
    case .free, .answering, .lingering, .closing: break
    }
  }

  /// As `setPhaseDeadline`, for a connection that is known to be idle.
  @inline(__always)
  mutating func setIdleDeadline(_ slot: Slot) {
    guard !connections[slot].flags.contains(.sending) else { return }
    setDeadline(tick + (isDraining ? ticks.drainIdle : ticks.keepAlive), slot)
  }
}

// Deadlines. A connection has one, the wheel may look earlier: requests only move the
// deadline, never the timer.

package import ApusRing
import ApusWire

/// What the wheel found due.
package enum Expired {
  case connection
  case own(OwnTimer)
}

/// Timers that belong to the core, not to a connection.
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

  /// Takes one due timer off the wheel and lets it act; nil once none is due.
  package mutating func expireNext() -> Expired? {
    guard let timer = wheel.popExpired(now: tick) else { return nil }
    if let own = OwnTimer(rawValue: timer) { return .own(own) }
    didExpire(Slot(rawValue: timer - Self.ownTimers))
    return .connection
  }

  /// When the core must wake by itself; nil while no deadline is set.
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

  /// 408, to what is here of a head.
  private mutating func refuseHead(_ slot: Slot) {
    let intake = connections[slot].intake
    let block = intakes[intake].raw.block
    arrivedAt = now
    refuse(
      .requestTimeout, "the request head was not complete in time", .headTimeout,
      of: block.bytes(intakes[intake].raw.range), slot)
  }

  /// What this turn has answered leaves at its end: the request came in time, and the send
  /// brings a deadline of its own.
  private mutating func isAboutToSend(_ slot: Slot) -> Bool {
    guard connections[slot].phase != .closing,
      connections[slot].flags.isDisjoint(with: [.sending, .readingFile]),
      let outbox = claimedOutbox(slot)
    else { return false }
    return !outboxes[outbox].isEmpty
  }

  /// A reset that arrives along with bytes may go unheard: an armed receive reads the bytes and waits for an
  /// event that has already been. Between requests, and behind an answer, a short deadline or a send finds
  /// it; a handler may have no deadline, and nothing to send, and the deadline of a head or a body takes who
  /// has gone for who is late.
  mutating func look(_ slot: Slot) {
    switch connections[slot].phase {
    case .head, .body, .dropping, .handling: break
    case .free, .idle, .answering, .lingering, .closing: return
    }
    guard mayBeDeaf(slot) else { return }
    connections[slot].flags.insert(.wantsLook)
    markDirty(slot)
  }

  /// The receive in flight is one that may be deaf.
  private mutating func mayBeDeaf(_ slot: Slot) -> Bool {
    connections[slot].flags.intersection([.receiving, .receivingInto]) == .receiving
  }

  /// Who is late may be gone, which is looked at once before it is told that it is late. True
  /// while that look is under way.
  private mutating func looksFirst(_ slot: Slot) -> Bool {
    let flags = connections[slot].flags
    if flags.contains(.hasLooked) {
      // A receive that is armed by now was armed in an earlier turn, and would have
      // brought something in this one.
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

  /// Bytes came of a request that is under way: within one idle time-out the wheel
  /// looks. Mostly it would anyway.
  mutating func lookLater(_ slot: Slot) {
    let time = tick + ticks.keepAlive
    guard time < connections[slot].armedFor else { return }
    connections[slot].armedFor = time
    wheel.arm(Self.timer(of: slot), at: time)
  }

  /// The handler took too long, or its peer has long stopped sending and is taken to be gone.
  private mutating func expireHandler(_ slot: Slot) {
    guard let exchange = exchange(slot) else { return }
    if exchange.inflow.isWanted {
      if looksFirst(slot) { return }
      exchange.outflow.closeReason = .bodyTimeout
      exchange.inflow.end(.failed(.stalled))
      setPhaseDeadline(slot)
    } else if deadlineOfAnswer(slot) > tick {
      // The beginning of an answer is not to be taken for all of it.
      if exchange.outflow.headIsWritten { abort(slot, .peerFinished) } else { close(slot, .peerFinished) }
    } else if exchange.outflow.headIsWritten {
      abort(slot, .answerTimeout)
    } else {
      answerInPlace(of: exchange, slot)
    }
  }

  /// 503: to the request that the handler still works on, so that whoever changes its
  /// answers changes this one.
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

  /// The send in flight has not ended by now: cancelling it tells how far it came. That its cancel takes so
  /// long that it comes here again is the kernel's fault, and ends the connection.
  private mutating func expireSend(_ slot: Slot) {
    guard !connections[slot].flags.contains(.cancellingSend) else {
      abort(slot, .sendTimeout)
      return
    }
    connections[slot].flags.insert([.cancellingSend, .wantsSendCancelled])
    setDeadline(tick + ticks.sendStall, slot)
  }

  /// Sets the deadline of the phase that the connection has come to. A send in flight has one of its own,
  /// which no request behind it postpones: when the send is done, this is called again.
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
      // A tunnel has bounds of its own.
      if connections[slot].flags.contains(.peerFinished), !isTunnel(slot) {
        deadline = min(deadline, tick + ticks.halfClosed)
      }
      // Only a peer that is asked for more can be late.
      if let exchange = exchange(slot), exchange.inflow.isWanted, !exchange.isUpgraded {
        deadline = min(deadline, intakes[intake].progress.deadline(ticks, stall: ticks.bodyStall, at: tick))
      }
      setDeadline(deadline, slot)
    case .free, .answering, .lingering, .closing: break
    }
  }

  /// The same, for a connection that is known to be idle.
  @inline(__always)
  mutating func setIdleDeadline(_ slot: Slot) {
    guard !connections[slot].flags.contains(.sending) else { return }
    setDeadline(tick + (isDraining ? ticks.drainIdle : ticks.keepAlive), slot)
  }
}

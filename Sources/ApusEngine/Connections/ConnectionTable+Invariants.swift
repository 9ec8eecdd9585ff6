// The invariants of a core's connections between two turns: which phase goes with which flags, parts and
// timer. Every simulation checks them after each turn.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Traps unless the connections, their parts and their timers agree. To be called between two turns only.
  /// O(connections).
  package mutating func checkInvariants() {
    precondition(dirty.isEmpty, "connections are left to settle")
    var open = 0
    var held = (intakes: 0, outboxes: 0)
    for index in 0..<connections.count {
      let slot = Slot(index)
      if connections[slot].phase == .free {
        checkFree(slot)
        continue
      }
      open += 1
      held.intakes += connections[slot].intake == .none ? 0 : 1
      held.outboxes += connections[slot].outbox == .none ? 0 : 1
      checkFlags(slot)
      checkPhase(slot)
      checkTimer(slot)
      checkIntake(slot)
      checkOutbox(slot)
    }
    precondition(open == openCount, "\(open) connections are open, \(openCount) counted")
    precondition(
      held.intakes == intakes.claimedCount,
      "\(held.intakes) intakes of \(intakes.claimedCount) are somebody's")
    precondition(
      held.outboxes == outboxes.claimedCount,
      "\(held.outboxes) outboxes of \(outboxes.claimedCount) are somebody's")
  }

  private mutating func checkFree(_ slot: Slot) {
    let connection = connections[slot]
    require(connection.flags.isEmpty, slot, "is free, with flags \(connection.flags.rawValue)")
    require(connection.intake == .none && connection.outbox == .none, slot, "is free, with parts")
    require(!wheel.isArmed(Self.timer(of: slot)), slot, "is free, with a timer")
  }

  /// Some flags qualify another one and never stand without it.
  private mutating func checkFlags(_ slot: Slot) {
    let flags = connections[slot].flags
    func imply(_ one: Connection.Flags, _ other: Connection.Flags, _ sentence: String) {
      require(flags.isDisjoint(with: one) || flags.contains(other), slot, sentence)
    }
    imply(.receivingInto, .receiving, "receives into its own memory, and does not receive")
    imply(.cancellingReceive, .receiving, "cancels a receive that is none")
    imply(.sendingFile, .sending, "sends a file, and does not send")
    imply(.cancellingSend, .sending, "cancels a send that is none")
    imply(.shuttingDown, .shutDown, "half-closes, and has not been told to")
    require(!flags.contains([.sending, .readingFile]), slot, "reads a file under the send before")
    require(!flags.contains([.wantsAddress, .receiving]), slot, "receives before its address is known")
  }

  private mutating func checkPhase(_ slot: Slot) {
    let connection = connections[slot]
    let flags = connection.flags
    switch connection.phase {
    case .free, .idle, .lingering: break
    case .head, .body, .dropping:
      require(connection.intake != .none, slot, "is in phase \(connection.phase) without an intake")
    case .handling: require(exchange(slot) != nil, slot, "waits for a handler that it does not know")
    case .answering: require(connection.outbox != .none, slot, "answers without an outbox")
    case .closing:
      require(!flags.isDisjoint(with: .inFlight), slot, "has nothing in flight, and is not closed")
    }
    require(
      !flags.contains(.resets) || connection.phase == .closing, slot, "is to be reset, and is not closing")
    require(!flags.contains(.isBulk) || connection.phase == .handling, slot, "receives apart for no reader")
    require(
      !flags.contains(.hasMoreToParse) || unfinished.contains(slot), slot,
      "has more to parse, and is not listed")
  }

  /// Every phase that can time out has a timer, which fires no later than the deadline.
  private mutating func checkTimer(_ slot: Slot) {
    let connection = connections[slot]
    let isArmed = wheel.isArmed(Self.timer(of: slot))
    require(isArmed == (connection.armedFor.rawValue != .max), slot, "and the wheel disagree on its timer")
    guard connection.phase != .closing else { return }
    require(connection.armedFor <= connection.deadline, slot, "is looked at after its deadline")
    let mayLast =
      connection.phase == .handling && connection.flags.isDisjoint(with: [.sending, .readingFile])
    require(isArmed || mayLast, slot, "may last for ever in phase \(connection.phase)")
  }

  private mutating func checkIntake(_ slot: Slot) {
    let index = connections[slot].intake
    guard index != .none else { return }
    let phase = connections[slot].phase
    require(
      intakes[index].raw.range.upperBound <= intakes[index].raw.block.capacity, slot,
      "holds bytes beyond their block")
    require(intakes[index].bodyCount <= intakes[index].body.capacity, slot, "collected beyond its block")
    require(phase != .head || !intakes[index].raw.isEmpty, slot, "is in a head of which nothing is here")
    require(phase != .body || intakes[index].headCount > 0, slot, "collects a body without its head")
    if let exchange = intakes[index].exchange {
      require(phase == .handling, slot, "keeps a handler in phase \(phase)")
      require(exchange.seat == ExchangeSeat(slot), slot, "waits for another's handler")
    }
    if connections[slot].flags.contains(.receivingInto) {
      require(intakes[index].bulk != nil, slot, "receives into memory that is gone")
    }
  }

  private mutating func checkOutbox(_ slot: Slot) {
    let flags = connections[slot].flags
    let index = connections[slot].outbox
    guard index != .none else {
      require(flags.isDisjoint(with: [.sending, .readingFile]), slot, "sends what is no outbox's")
      return
    }
    let isClosing = connections[slot].phase == .closing
    // A send that failed ends the connection, and its bytes still count as in flight.
    let isSending = flags.contains(.sending)
    require(
      isClosing || isSending == (outboxes[index].flight.total > 0), slot,
      "and its outbox disagree on what is in flight")
    require(
      outboxes[index].sendStart <= outboxes[index].sendEnd, slot, "sends bytes that end before they begin")
    require(
      outboxes[index].sendEnd <= outboxes[index].sending.capacity, slot, "sends bytes beyond their block")
    require(outboxes[index].queuedCount <= outboxes[index].queued.capacity, slot, "queued beyond its block")
    require(outboxes[index].pieceEnd <= outboxes[index].piece.capacity, slot, "has a piece beyond its block")
    require(
      outboxes[index].later.isEmpty || outboxes[index].oldest.answers > 0, slot,
      "has answers behind no answer")
    let isIdle = flags.isDisjoint(with: [.sending, .readingFile])
    require(!isIdle || outboxes[index].isEmpty || isClosing, slot, "has answers, and does not send")
  }

  private func require(_ holds: Bool, _ slot: Slot, _ sentence: @autoclosure () -> String) {
    precondition(holds, "slot \(slot) \(sentence())")
  }
}

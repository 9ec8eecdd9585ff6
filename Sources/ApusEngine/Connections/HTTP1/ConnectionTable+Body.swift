// Request bodies that did not arrive with their head: they are collected for the handler, or dropped if the
// response did not wait for them (RFC 9112 sections 6 and 9.3).

import ApusRing
import ApusWire

extension ConnectionTable {
  /// `head` was just parsed from `bytes`, and a body follows. `continues`: part of it has arrived already.
  mutating func beginBody(_ bytes: Span<UInt8>, continues: Bool, _ slot: Slot) {
    notePeer(slot)
    guard let plan = bodyPlan(bytes) else {
      refusePath(bytes, slot)
      return
    }
    switch plan {
    case .collect(let limit):
      if case .length(let count) = head.framing, count > UInt64(limit) {
        refuse(.contentTooLarge, of: bytes, slot)
        return
      }
      let intake = startDecoder(.body, slot)
      intakes[intake].bodyLimit = limit
      intakes[intake].headArrivedAt = arrivedAt
      intakes[intake].number = requestNumber
      intakes[intake].head = pool.acquire(bytes.count)
      intakes[intake].head.append(after: &intakes[intake].headCount) { $0.append(copying: bytes) }
      setPhaseDeadline(slot)
      if head.expectsContinue && !continues { sendContinue(slot) }
    case .answer(let response):
      answerEarly(response, bytes, slot)
    case .refuse(let response):
      deliver(response, bytes, closing: .protocolError, slot)
      connections[slot].flags.insert(.lingers)
    case .stream:
      startStream(bytes, slot)
    }
  }

  /// The handler reads the body itself.
  private mutating func startStream(_ bytes: Span<UInt8>, _ slot: Slot) {
    guard let response = respond(bytes, body: Span()) else {
      refusePath(bytes, slot)
      return
    }
    guard let exchange = response.exchange else {
      // Code before the handler has responded, such as a middleware.
      answerEarly(response, bytes, slot)
      return
    }
    let intake = startDecoder(.handling, slot)
    intakes[intake].progress.stopClock(at: tick)
    if isLarge(intake) { connections[slot].flags.insert(.isBulk) }
    wait(for: exchange, hasBody: true, slot)
  }

  /// Responds without waiting for the body. A small body is dropped and the connection kept. A large body,
  /// one whose sender waits for 100 (Continue), or one after a long response ends the connection.
  private mutating func answerEarly(_ response: Response, _ bytes: Span<UInt8>, _ slot: Slot) {
    let framing = head.framing
    // Only a copied response leaves the connection idle and ready to drop: after a response that is sent in
    // place, the body would be parsed as the next request.
    var mayDrop = limits.copies(response.body) && !head.expectsContinue
    if case .length(let count) = framing, count > UInt64(limits.unreadBodyBytes) { mayDrop = false }
    deliver(response, bytes, closing: mayDrop ? nil : .unreadBody, slot)
    guard mayDrop, connections[slot].phase == .idle else {
      precondition(
        connections[slot].flags.contains(.closesAfterAnswer), "slot \(slot) stays, its body unread")
      connections[slot].flags.insert(.lingers)
      return
    }
    _ = startDecoder(.dropping, slot, framing)
    setPhaseDeadline(slot)
  }

  mutating func startDecoder(
    _ phase: Connection.Phase, _ slot: Slot, _ framing: BodyFraming? = nil
  ) -> Index<Intake> {
    let intake = claimIntake(slot)
    intakes[intake].decoder = BodyDecoder(framing ?? head.framing)
    intakes[intake].progress.begin(at: tick)
    // Pipelined requests that wait share an intake.
    if !intakes[intake].trailers.isEmpty { intakes[intake].trailers = [] }
    connections[slot].phase = phase
    return intake
  }

  mutating func sendContinue(_ slot: Slot) {
    let outbox = claimOutbox(slot)
    outboxes[outbox].endAnswers()
    let line = HeadWriter.continueHead
    outboxes[outbox].queue(line.utf8CodeUnitCount, &pool) { $0.append(ascii: line) }
  }

  /// Forwards interim responses of another server. They are dropped if too many bytes are queued already,
  /// because they are optional.
  mutating func sendInterim(_ heads: Span<UInt8>, _ slot: Slot) {
    let outbox = claimOutbox(slot)
    guard outboxes[outbox].queuedCount + heads.count <= limits.queuedAnswerBytes else { return }
    outboxes[outbox].endAnswers()
    outboxes[outbox].queue(heads.count, &pool) { $0.append(copying: heads) }
    markDirty(slot)
  }

  /// Takes one step of the present body; returns how many of `bytes` it used.
  mutating func takeBody(_ bytes: Span<UInt8>, _ slot: Slot) -> Int {
    let intake = connections[slot].intake
    let isDropping = connections[slot].phase == .dropping
    switch intakes[intake].decoder.decode(bytes, from: 0) {
    case .data(let range):
      intakes[intake].progress.note(range.count)
      if isDropping {
        if intakes[intake].progress.bytes > UInt64(limits.unreadBodyBytes) { giveUpDropping(slot) }
      } else if intakes[intake].bodyCount + range.count > intakes[intake].bodyLimit {
        refuseCollecting(.contentTooLarge, slot)
      } else {
        intakes[intake].appendBody(bytes.extracting(range), &pool)
        setPhaseDeadline(slot)
      }
      // A body of known length ends with its last piece, and no further step reports the end.
      if intakes[intake].decoder.isFinished { finishBody(slot) }
      return range.upperBound
    case .needMore(let used):
      return used
    case .finished(let used):
      finishBody(slot)
      return used
    case .invalid(let error):
      if isDropping { giveUpDropping(slot) } else { refuseCollecting(error, slot) }
      return bytes.count
    }
  }

  /// Refuses a request whose body is being collected.
  private mutating func refuseCollecting(_ error: WireError, _ slot: Slot) {
    refuseCollecting(error.status, error.explanation, .protocolError, slot)
  }

  mutating func refuseCollecting(
    _ status: Status, _ explanation: String, _ reason: CloseReason, _ slot: Slot
  ) {
    let intake = connections[slot].intake
    let head = intakes[intake].head
    arrivedAt = intakes[intake].headArrivedAt
    refuse(status, explanation, reason, of: head.bytes(0..<intakes[intake].headCount), slot)
  }

  /// Parses the head of the collected request again, from its copy, because other connections have used the
  /// scratch memory since. Sets all that the table knows of the present request; returns the head's bytes.
  mutating func parseCollected(_ slot: Slot) -> (block: Block, bytes: Range<Int>) {
    let intake = connections[slot].intake
    let block = intakes[intake].head
    let bytes = 0..<intakes[intake].headCount
    let outcome = parser.parse(block.bytes(bytes), into: &head, fields: &fields)
    precondition(outcome == .complete, "a head that was complete parses as \(outcome)")
    arrivedAt = intakes[intake].headArrivedAt
    collectedNumber = intakes[intake].number
    noteRole(slot)
    return (block, bytes)
  }

  /// Responds to a request whose collected body is complete.
  private mutating func answerCollected(_ slot: Slot) {
    let collected = parseCollected(slot)
    let intake = connections[slot].intake
    let bodyBlock = intakes[intake].body
    let bodyCount = intakes[intake].bodyCount
    connections[slot].phase = .idle
    answer(collected.block.bytes(collected.bytes), body: bodyBlock.bytes(0..<bodyCount), slot)
    collectedNumber = nil
    intakes[intake].releaseRequest(&pool)
  }

  private mutating func finishBody(_ slot: Slot) {
    switch connections[slot].phase {
    case .body: answerCollected(slot)
    case .dropping:
      connections[slot].phase = .idle
      setPhaseDeadline(slot)
    // The body was refused or given up with its last piece.
    case .free, .idle, .head, .handling, .answering, .lingering, .closing: break
    }
  }

  /// The rest of an unread body is too large, too slow or malformed: the connection ends after the response.
  mutating func giveUpDropping(_ slot: Slot) {
    connections[slot].flags.insert([.closesAfterAnswer, .lingers])
    connections[slot].closeReason = .unreadBody
    if connections[slot].outbox == .none {
      beginClose(slot)
    } else {
      connections[slot].phase = .answering
    }
  }
}

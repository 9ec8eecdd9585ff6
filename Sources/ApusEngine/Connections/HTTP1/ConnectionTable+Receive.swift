// Receiving: bytes are parsed in the buffer that the kernel filled; unparsed bytes are copied once, into the
// connection's intake. Responses are queued on the way; nothing is sent before the end of the turn.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// A new connection on `slot`. Its first receive is armed when it is settled. `driverReadsSends`: see
  /// `RingDriver.readsSends`.
  package mutating func didAccept(_ slot: Slot, listener: UInt8 = 0, driverReadsSends: Bool = false) {
    connections.ensure(Int(slot))
    precondition(connections[slot].phase == .free, "slot \(slot) was accepted while it is in use")
    connections[slot].phase = .idle
    connections[slot].openedAt = tick
    connections[slot].listener = listener
    connections[slot].flags.insert(driverReadsSends ? [.isFresh, .driverReadsSends] : .isFresh)
    if !roles.isEmpty { securities.forget(slot) }
    openCount += 1
    counters.accepted += 1
    setDeadline(tick + (isDraining ? min(ticks.firstByte, ticks.drainIdle) : ticks.firstByte), slot)
    if accessLog != nil || handler.wantsAddresses { connections[slot].flags.insert(.wantsAddress) }
    markDirty(slot)
  }

  /// The armed receive completed with `bytes`, which are valid only during the call.
  package mutating func didReceive(_ bytes: Span<UInt8>, _ slot: Slot) {
    counters.bytesReceived += UInt64(bytes.count)
    let phase = connections[slot].phase
    // The most common case: a compare predicts better than a cold jump table.
    if phase == .idle, connections[slot].intake == .none {
      consumeOrHold(bytes, slot)
      markDirty(slot)
      return
    }
    switch phase {
    case .free, .closing, .lingering:
      return
    case .answering:
      hold(bytes, slot)
    case .handling:
      var used = 0
      if let exchange = exchange(slot), exchange.inflow.isWanted, waitingCount(slot) == 0 {
        used = feed(bytes, exchange, slot)
        setPhaseDeadline(slot)
      }
      if used < bytes.count { hold(bytes.extracting(used..<bytes.count), slot) }
      lookLater(slot)
    case .idle, .head, .body, .dropping:
      if waitingCount(slot) > 0 {
        hold(bytes, slot)
        consumeWaiting(slot)
      } else {
        consumeOrHold(bytes, slot)
      }
      if connections[slot].phase == .body { lookLater(slot) }
    }
    markDirty(slot)
  }

  /// Parses `bytes` as far as possible and keeps the rest.
  @inline(__always)
  private mutating func consumeOrHold(_ bytes: Span<UInt8>, _ slot: Slot) {
    let consumed = consume(bytes, slot)
    if consumed < bytes.count { hold(bytes.extracting(consumed..<bytes.count), slot) }
    tidyIntake(slot)
  }

  /// The peer sent FIN: it sends no more, and may still read (RFC 9112 section 9.6).
  package mutating func didFinishReceiving(_ slot: Slot) {
    connections[slot].flags.insert(.peerFinished)
    if connections[slot].phase == .lingering { connections[slot].phase = .closing }
    closeIfPeerFinished(slot)
    markDirty(slot)
  }

  /// Parses the requests that are left over from the last turn.
  package mutating func resumeUnfinished() {
    guard !unfinished.isEmpty else { return }
    let slots = unfinished
    unfinished.removeAll(keepingCapacity: true)
    for slot in slots where connections[slot].flags.contains(.hasMoreToParse) {
      connections[slot].flags.remove(.hasMoreToParse)
      consumeWaiting(slot)
      closeIfPeerFinished(slot)
      markDirty(slot)
    }
  }

  package var hasUnfinished: Bool { !unfinished.isEmpty }

  // MARK: waiting bytes

  @inline(__always)
  mutating func waitingCount(_ slot: Slot) -> Int {
    let intake = connections[slot].intake
    return intake == .none ? 0 : intakes[intake].raw.count
  }

  /// The connection's intake; claimed if there is none.
  mutating func claimIntake(_ slot: Slot) -> Index<Intake> {
    let present = connections[slot].intake
    guard present == .none else { return present }
    let claimed = intakes.claim()
    connections[slot].intake = claimed
    return claimed
  }

  /// Keeps bytes that cannot be parsed yet; pauses reading above the limit.
  mutating func hold(_ bytes: Span<UInt8>, _ slot: Slot) {
    let intake = claimIntake(slot)
    intakes[intake].raw.append(bytes, at: now, &pool)
    pauseIfFull(slot)
  }

  /// Pauses or resumes reading according to the number of waiting bytes. An unfinished head has its own limit
  /// and must be read to its end.
  mutating func pauseIfFull(_ slot: Slot) {
    if waitingCount(slot) > limits.waitingBytes, connections[slot].phase != .head {
      connections[slot].flags.insert(.isPaused)
    } else {
      connections[slot].flags.remove(.isPaused)
    }
  }

  /// Parses the waiting bytes.
  mutating func consumeWaiting(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intake != .none, intakes[intake].raw.count > 0 else { return }
    // The rest of this turn's share is parsed in the next turn.
    guard !connections[slot].flags.contains(.hasMoreToParse) else {
      pauseIfFull(slot)
      return
    }
    // The handle is copied, so that the intake may change while its bytes are read; the block is not released
    // before `tidyIntake`.
    let block = intakes[intake].raw.block
    let consumed = consume(block.bytes(intakes[intake].raw.range), slot)
    intakes[intake].raw.consume(consumed)
    pauseIfFull(slot)
    tidyIntake(slot)
  }

  /// Releases what the intake no longer needs. Most connections have no intake.
  @inline(__always)
  mutating func tidyIntake(_ slot: Slot) {
    if connections[slot].intake != .none { tidyClaimedIntake(slot) }
  }

  @inline(never)
  private mutating func tidyClaimedIntake(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intakes[intake].raw.count == 0 else { return }
    intakes[intake].raw.release(&pool)
    // After a response that did not wait for the end of its body, the kernel may still write to the buffer.
    if connections[slot].flags.contains(.receivingInto) { return }
    switch connections[slot].phase {
    case .head, .body, .dropping, .handling: return
    case .free, .idle, .answering, .lingering, .closing: freeIntake(slot)
    }
  }

  mutating func freeIntake(_ slot: Slot) {
    let intake = connections[slot].intake
    guard intake != .none else { return }
    precondition(
      !connections[slot].flags.contains(.receivingInto),
      "slot \(slot) gives memory back that the kernel writes to")
    intakes[intake].releaseAll(&pool)
    intakes.free(intake)
    connections[slot].intake = .none
  }

  // MARK: parsing

  /// Takes as many steps as `bytes` and the turn's share allow; returns how many bytes they used.
  private mutating func consume(_ bytes: Span<UInt8>, _ slot: Slot) -> Int {
    var offset = 0
    var share = limits.requestsPerTurn
    while offset < bytes.count {
      let rest = bytes.extracting(offset..<bytes.count)
      switch connections[slot].phase {
      case .idle, .head:
        if isBacklogged(slot) { return offset }
        guard share > 0 else {
          connections[slot].flags.insert(.hasMoreToParse)
          unfinished.append(slot)
          return offset
        }
        share -= 1
        guard let used = takeHead(rest, slot) else { return offset }
        offset += used
      case .body, .dropping:
        offset += takeBody(rest, slot)
      case .answering, .handling:
        return offset
      case .free, .lingering, .closing:
        return bytes.count
      }
    }
    return offset
  }

  /// The outbox has so many queued bytes or log lines that no more requests are parsed.
  private mutating func isBacklogged(_ slot: Slot) -> Bool {
    let outbox = connections[slot].outbox
    return outbox != .none
      && (outboxes[outbox].queuedCount > limits.queuedAnswerBytes
        || outboxes[outbox].logText.count > LogText.limit)
  }

  /// Takes one request head, and its body if that has arrived too; nil if the head is not complete.
  private mutating func takeHead(_ bytes: Span<UInt8>, _ slot: Slot) -> Int? {
    let intake = connections[slot].intake
    if connections[slot].phase == .head {
      switch intakes[intake].scanner.scan(bytes, limits: limits.head) {
      case .partial: return nil
      case .invalid(let error):
        refuseHead(error, bytes, slot)
        return bytes.count
      case .complete: break
      }
    }
    switch parser.parse(bytes, into: &head, fields: &fields) {
    case .complete:
      noteRole(slot)
      return takeRequest(bytes, slot)
    case .partial:
      if Self.hasOnlyEmptyLines(bytes) { return nil }
      let intake = claimIntake(slot)
      intakes[intake].scanner = HeadScanner()
      intakes[intake].progress.begin(at: tick)
      connections[slot].phase = .head
      setPhaseDeadline(slot)
      return nil
    case .invalid(.unknownExpectation) where head.framing == .none:
      return declineExpectation(bytes, slot)
    case .invalid(let error):
      refuseHead(error, bytes, slot)
      return bytes.count
    }
  }

  /// Refuses bytes that cannot become a valid head.
  @inline(never)
  private mutating func refuseHead(_ error: WireError, _ bytes: Span<UInt8>, _ slot: Slot) {
    arrivedAt = now
    refuse(error, of: bytes, slot)
  }

  /// Empty lines, which old clients send after a body, begin no request (RFC 9112 section 2.2). They wait
  /// unparsed for later bytes, so that the parser counts all of them in any split; a third one is refused.
  private static func hasOnlyEmptyLines(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= 4 else { return false }
    for index in bytes.indices where bytes[index] != UInt8(ascii: index & 1 == 0 ? "\r" : "\n") {
      return false
    }
    return true
  }

  /// Refuses an unknown expectation in a request without a body; the start of the next request is known.
  @inline(never)
  private mutating func declineExpectation(_ bytes: Span<UInt8>, _ slot: Slot) -> Int {
    noteRole(slot)
    noteRequest(before: bytes.count - head.byteCount, slot)
    let error = WireError.unknownExpectation
    deliver(.refusal(error.status, error.explanation), bytes.extracting(0..<head.byteCount), slot)
    return head.byteCount
  }

  /// Counts a request whose head is complete and followed by `rest` more bytes.
  @inline(__always)
  private mutating func noteRequest(before rest: Int, _ slot: Slot) {
    arrivedAt = now
    if connections[slot].intake != .none { noteArrival(before: rest, slot) }
    connections[slot].phase = .idle
    // The counter saturates: a long-lived connection with 10,000 requests/s reaches its end after five days.
    if connections[slot].requestCount < .max { connections[slot].requestCount += 1 }
    counters.requests += 1
    if connections[slot].requestCount > 1 { counters.reuses += 1 }
  }

  /// Sets the arrival time if the bytes that are being parsed have waited in the intake.
  @inline(never)
  private mutating func noteArrival(before rest: Int, _ slot: Slot) {
    let intake = connections[slot].intake
    guard let time = intakes[intake].raw.time(before: rest) else { return }
    arrivedAt = time
  }

  /// A complete head is at the start of `bytes`. Responds if its body has arrived, otherwise begins the body.
  @inline(__always)
  private mutating func takeRequest(_ bytes: Span<UInt8>, _ slot: Slot) -> Int {
    let headCount = head.byteCount
    noteRequest(before: bytes.count - headCount, slot)
    switch head.framing {
    case .none:
      if repeatsAnswer(bytes, slot) { return headCount }
      answer(bytes.extracting(0..<headCount), body: Span(), slot)
      return headCount
    case .length(let count) where count <= UInt64(min(bytes.count - headCount, limits.collectBytes)):
      return answerWithBody(bytes, Int(count), slot)
    case .length, .chunked:
      beginBody(bytes.extracting(0..<headCount), continues: bytes.count > headCount, slot)
      return headCount
    }
  }

  /// Responds to a request whose body of `count` bytes follows its head; returns the number of bytes used.
  /// Out of line, so that the path of a request without a body is shorter.
  @inline(never)
  private mutating func answerWithBody(_ bytes: Span<UInt8>, _ count: Int, _ slot: Slot) -> Int {
    let headCount = head.byteCount
    let end = headCount + count
    answer(bytes.extracting(0..<headCount), body: bytes.extracting(headCount..<end), slot)
    return end
  }
}

// Sends: their progress, and the bytes of the next one. A connection has one send in flight, of at most
// `Limits.sendBytes`: the completion of a longer send would hide a slow peer's progress from the stall timer.

package import ApusRing
import ApusWire

extension ConnectionTable {
  /// A send completed with `result` bytes or a negated errno.
  package mutating func didSend(_ result: Int32, _ slot: Slot) {
    let flags = connections[slot].flags
    connections[slot].flags = flags.subtracting([.sending, .sendingFile, .cancellingSend])
    if let outbox = claimedOutbox(slot) {
      if connections[slot].phase != .closing {
        takeProgress(result, wasCancelled: flags.contains(.cancellingSend), outbox, slot)
      } else {
        noteSent(result, outbox)
      }
    }
    // Mostly all responses are sent and nothing else is to be done, so the turn's end need not ask for an
    // action.
    if !connections[slot].isAtRest { markDirty(slot) }
  }

  @inline(__always)
  private mutating func takeProgress(
    _ result: Int32, wasCancelled: Bool, _ outbox: Index<Outbox>, _ slot: Slot
  ) {
    if result < 0 {
      guard wasCancelled, result == -Errno.cancelled else {
        abort(slot, result == -Errno.badAddress ? .fileChanged : .peerReset)
        return
      }
    }
    let sent = noteSent(result, outbox)
    if outboxes[outbox].isEmpty {
      finishOutbox(outbox, slot)
      return
    }
    if outboxes[outbox].hasMarks { settleSentAnswers(outbox, slot) }
    if wasCancelled, outboxes[outbox].isTooSlow(after: sent, ticks, at: tick) {
      abort(slot, .sendTimeout)
    } else {
      if sent > 0, !wasCancelled { outboxes[outbox].didTake(at: tick) }
      guard outboxes[outbox].hasSentBlock, outboxes[outbox].queuedCount > 0 else { return }
      outboxes[outbox].promote()
      if connections[slot].phase == .handling { pumpIfStreaming(slot) } else { consumeWaiting(slot) }
    }
  }

  /// Counts bytes that the kernel has taken, even if the connection is ending.
  @inline(__always) @discardableResult
  private mutating func noteSent(_ result: Int32, _ outbox: Index<Outbox>) -> Int {
    let sent = outboxes[outbox].didSend(result)
    counters.bytesSent += UInt64(sent)
    return sent
  }

  /// The kernel read `result` bytes of a file into the outbox's piece.
  package mutating func didReadFile(_ result: Int32, _ slot: Slot) {
    connections[slot].flags.remove(.readingFile)
    markDirty(slot)
    guard connections[slot].phase != .closing, let outbox = claimedOutbox(slot) else { return }
    // A shorter read means that the file shrank: never pad, never send less as if it were all.
    guard Int(result) == outboxes[outbox].pieceEnd else {
      abort(slot, .fileChanged)
      return
    }
    // The peer is not charged for the time that the disk took.
    outboxes[outbox].didTake(at: tick)
    setDeadline(tick + ticks.sendStall, slot)
  }

  /// The kernel has taken all bytes of the outbox.
  @inline(__always)
  private mutating func finishOutbox(_ outbox: Index<Outbox>, _ slot: Slot) {
    freeOutbox(slot)
    if connections[slot].phase == .handling {
      didDrainOutbox(slot)
      setPhaseDeadline(slot)
      closeIfPeerFinished(slot)
      return
    }
    didSendEverything(slot)
  }

  /// The last response is sent completely.
  @inline(__always)
  mutating func didSendEverything(_ slot: Slot) {
    if connections[slot].flags.contains(.closesAfterAnswer) {
      beginClose(slot)
      return
    }
    if connections[slot].phase == .answering { connections[slot].phase = .idle }
    // Most common case first: `setPhaseDeadline` alone would do, but costs 31 instructions more per request.
    if connections[slot].phase == .idle { setIdleDeadline(slot) } else { setPhaseDeadline(slot) }
    settleTimer(slot)
    if connections[slot].isAtRest { return }
    consumeWaiting(slot)
    closeIfPeerFinished(slot)
  }

  /// The first response is sent, but the timer still stands for the first byte, much earlier than the idle
  /// timeout: it would wake the core once in vain for each idle connection.
  @inline(__always)
  private mutating func settleTimer(_ slot: Slot) {
    let armed = connections[slot].armedFor
    guard connections[slot].requestCount == 1,
      armed <= connections[slot].openedAt + ticks.firstByte, armed < connections[slot].deadline
    else { return }
    connections[slot].armedFor = connections[slot].deadline
    wheel.arm(Self.timer(of: slot), at: connections[slot].deadline)
  }

  /// Number of free outboxes that may keep a block, of 4 KiB at most.
  private static let keeperLimit = 1024

  /// Number and size of the blocks that free outboxes keep.
  func keptBlocks() -> (count: Int, bytes: Int) {
    var kept = (count: 0, bytes: 0)
    for outbox in outboxes.indices.prefix(Self.keeperLimit) where outboxes[outbox].isKeeper {
      kept.count += 1
      kept.bytes += outboxes[outbox].queued.capacity
    }
    return kept
  }

  /// Releases these blocks for good: a core that drains keeps none.
  mutating func releaseKeptBlocks() {
    for outbox in outboxes.indices.prefix(Self.keeperLimit) where outboxes[outbox].isKeeper {
      outboxes[outbox].clear(&pool, keepsBlock: false)
    }
  }

  /// Frees the outbox: its responses are sent, or their connection has ended.
  mutating func freeOutbox(_ slot: Slot) {
    guard let outbox = claimedOutbox(slot) else { return }
    if outboxes[outbox].hasMarks { settleAnswers(outbox, slot) } else { recordAnswers(outbox) }
    if case .repeated(let copy) = outboxes[outbox].source { repeated.release(copy) }
    outboxes[outbox].clear(&pool, keepsBlock: Int(outbox) < Self.keeperLimit && !isDraining)
    outboxes.free(outbox)
    connections[slot].outbox = .none
  }

  /// The send of a connection that has nothing else to do: most turns of most connections end so. After it
  /// `nextAction` would be `none`. If this is nil, `nextAction` has to be asked.
  ///
  /// A `ConnectionAction` is five words, which are written in small pieces and read in larger ones, and the
  /// processor stalls 27 ns for that. This result is two words.
  @inline(__always)
  package mutating func nextPlainSend(_ slot: Slot) -> ReadableRegion? {
    guard connections[slot].flags == .receiving else { return nil }
    switch connections[slot].phase {
    case .idle, .answering: break
    default: return nil
    }
    let outbox = connections[slot].outbox
    guard outbox != .none,
      let region = outboxes[outbox].takePlain(limit: limits.sendBytes, repeated)
    else { return nil }
    noteSend(outbox, slot)
    return region
  }

  /// The next action of a connection that has bytes to send: a send, a read of a file, or none.
  mutating func nextSend(_ outbox: Index<Outbox>, _ slot: Slot) -> ConnectionAction {
    let mayLend = !connections[slot].flags.contains(.driverReadsSends)
    switch outboxes[outbox].takeNext(limit: limits.sendBytes, mayLend: mayLend, &pool, repeated) {
    case .send(let region):
      noteSend(outbox, slot)
      return .send(region)
    case .sendBoth(let head, let body):
      noteSend(outbox, slot)
      return .sendBoth(head, body)
    case .sendFile:
      noteSend(outbox, slot)
      connections[slot].flags.insert(.sendingFile)
      return .sendFile
    case .readFile(let file, let offset, let region):
      connections[slot].flags.insert(.readingFile)
      setDeadline(tick + ticks.sendStall, slot)
      return .readFile(file, offset: offset, region)
    case .fileTooShort:
      abort(slot, .fileChanged)
      return .again
    }
  }

  /// A send is about to be enqueued.
  @inline(__always)
  private mutating func noteSend(_ outbox: Index<Outbox>, _ slot: Slot) {
    precondition(outboxes[outbox].flight.total > 0, "slot \(slot) has nothing to send")
    connections[slot].flags.insert(.sending)
    setDeadline(outboxes[outbox].deadline(ticks, at: tick), slot)
  }

  /// The part of a file for `ConnectionAction.sendFile`.
  package mutating func partOfFile(_ slot: Slot) -> FilePart { outboxes[connections[slot].outbox].filePart }

  /// The send of part of a file completed with `result` bytes or a negated errno.
  package mutating func didSendFile(_ result: Int32, _ slot: Slot) {
    let mustCopy = result == -Errno.notSupported && connections[slot].phase != .closing
    if mustCopy { copyFile(slot) } else { didSend(result, slot) }
  }

  /// Sends the file by copying, because it or its socket does not allow an uncopied send. If the wait for
  /// room was cancelled, the peer may have made room all the same: the next send finds out.
  package mutating func copyFile(_ slot: Slot) {
    if let outbox = claimedOutbox(slot), outboxes[outbox].copyFile(),
      connections[slot].flags.contains(.cancellingSend)
    {
      // The cancel was to check the peer's progress, and could not. The copied send shows progress only two
      // checks later, by which time an honest peer may have been reset. This happens once per response.
      outboxes[outbox].didTake(at: tick)
    }
    connections[slot].flags.remove(.cancellingSend)
    didSend(0, slot)
  }

  /// The token of the send in flight.
  package mutating func sendToken(_ slot: Slot) -> Token {
    token(connections[slot].flags.contains(.sendingFile) ? .fileSend : .send, slot)
  }
}

// Sends: their progress, and what the next one carries. One is in flight per connection, of at most
// `Limits.sendBytes`: a completion of a longer one would hide a slow peer's progress from the stall timer.

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
    // Mostly the answers are out and nothing else is wanted: then there is nothing to
    // ask at the end of the turn.
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
    if wasCancelled, isStalled(after: sent, outbox) || isTooSlow(outbox) {
      abort(slot, .sendTimeout)
    } else {
      if sent > 0, !wasCancelled { outboxes[outbox].didTake(at: tick) }
      guard outboxes[outbox].hasSentBlock, outboxes[outbox].queuedCount > 0 else { return }
      outboxes[outbox].promote()
      if connections[slot].phase == .handling { pumpIfStreaming(slot) } else { consumeWaiting(slot) }
    }
  }

  /// The peer has taken nothing for too long, whatever its kernel and ours had room for.
  private mutating func isStalled(after sent: Int, _ outbox: Index<Outbox>) -> Bool {
    outboxes[outbox].didLook(sent, at: tick)
    return tick.rawValue - outboxes[outbox].restsSince.rawValue >= ticks.sendStall
  }

  /// Bytes that the kernel has taken, also of a connection that ends.
  @inline(__always) @discardableResult
  private mutating func noteSent(_ result: Int32, _ outbox: Index<Outbox>) -> Int {
    let sent = max(0, Int(result))
    counters.bytesSent += UInt64(sent)
    outboxes[outbox].advance(by: sent)
    return sent
  }

  /// The kernel read `result` bytes of a file into the outbox's piece.
  package mutating func didReadFile(_ result: Int32, _ slot: Slot) {
    connections[slot].flags.remove(.readingFile)
    markDirty(slot)
    guard connections[slot].phase != .closing, let outbox = claimedOutbox(slot) else { return }
    // Anything short of what was promised is a file that shrank: never pad, never
    // send less as if it were all.
    guard Int(result) == outboxes[outbox].pieceEnd else {
      abort(slot, .fileChanged)
      return
    }
    // The disk's time is not the peer's.
    outboxes[outbox].didTake(at: tick)
    setDeadline(tick + ticks.sendStall, slot)
  }

  /// All that was answered is with our kernel.
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

  /// Nothing of the last answer is left to send.
  @inline(__always)
  mutating func didSendEverything(_ slot: Slot) {
    if connections[slot].flags.contains(.closesAfterAnswer) {
      beginClose(slot)
      return
    }
    if connections[slot].phase == .answering { connections[slot].phase = .idle }
    // What nearly all come to first: `setPhaseDeadline` alone does the same, for 31
    // instructions more a request.
    if connections[slot].phase == .idle { setIdleDeadline(slot) } else { setPhaseDeadline(slot) }
    settleTimer(slot)
    if connections[slot].isAtRest { return }
    consumeWaiting(slot)
    closeIfPeerFinished(slot)
  }

  /// The first answer is out. The timer still stands for the first byte, much earlier than the idle time-out:
  /// left alone it would wake the core once in vain for each parked connection.
  @inline(__always)
  private mutating func settleTimer(_ slot: Slot) {
    let armed = connections[slot].armedFor
    guard connections[slot].requestCount == 1,
      armed <= connections[slot].openedAt + ticks.firstByte, armed < connections[slot].deadline
    else { return }
    connections[slot].armedFor = connections[slot].deadline
    wheel.arm(Self.timer(of: slot), at: connections[slot].deadline)
  }

  /// The peer takes less than the minimum rate.
  private mutating func isTooSlow(_ outbox: Index<Outbox>) -> Bool { sendDeadline(outbox) <= tick }

  /// When a send that begins now is looked at.
  @inline(__always)
  private mutating func sendDeadline(_ outbox: Index<Outbox>) -> Tick {
    ticks.progressDeadline(
      now: tick, start: outboxes[outbox].startedAt, bytes: outboxes[outbox].sentBytes, stall: ticks.sendLook)
  }

  /// So many free outboxes keep a block, of 4 KiB at most.
  private static let keeperLimit = 1024

  /// What free outboxes keep.
  func keptBlocks() -> (count: Int, bytes: Int) {
    var kept = (count: 0, bytes: 0)
    for outbox in outboxes.indices.prefix(Self.keeperLimit) where outboxes[outbox].isKeeper {
      kept.count += 1
      kept.bytes += outboxes[outbox].queued.capacity
    }
    return kept
  }

  /// Gives it back, once for all: a core that drains keeps nothing.
  mutating func releaseKeptBlocks() {
    for outbox in outboxes.indices.prefix(Self.keeperLimit) where outboxes[outbox].isKeeper {
      outboxes[outbox].clear(&pool, keepsBlock: false)
    }
  }

  /// Its answers have left, or their connection has ended.
  mutating func freeOutbox(_ slot: Slot) {
    guard let outbox = claimedOutbox(slot) else { return }
    if outboxes[outbox].hasMarks { settleAnswers(outbox, slot) } else { recordAnswers(outbox) }
    if case .repeated(let copy) = outboxes[outbox].source { repeated.release(copy) }
    outboxes[outbox].clear(&pool, keepsBlock: Int(outbox) < Self.keeperLimit && !isDraining)
    outboxes.free(outbox)
    connections[slot].outbox = .none
  }

  /// The send of a connection that wants nothing else, which is how most turns end for most connections; nil
  /// says nothing, `nextAction` has to be asked. After it `nextAction` would say `none`.
  ///
  /// An `ConnectionAction` is five words, written in pieces and read in larger ones, for which the processor
  /// waits: 27 ns. This is two.
  @inline(__always)
  package mutating func nextPlainSend(_ slot: Slot) -> ReadableRegion? {
    guard connections[slot].flags == .receiving else { return nil }
    switch connections[slot].phase {
    case .idle, .answering: break
    default: return nil
    }
    let outbox = connections[slot].outbox
    guard outbox != .none, outboxes[outbox].hasSentBlock else { return nil }
    let queued = outboxes[outbox].queuedCount
    if case .repeated(let copy) = outboxes[outbox].source {
      let (start, count) = (outboxes[outbox].sourceRange.lowerBound, outboxes[outbox].sourceRange.count)
      guard queued == 0, count > 0 else { return nil }
      startSend(Outbox.Flight(headBytes: 0, bodyBytes: count), outbox, slot)
      return repeated.region(copy, from: start, count: count)
    }
    guard queued > 0, queued <= limits.sendBytes, !outboxes[outbox].hasSource else { return nil }
    outboxes[outbox].promote()
    startSend(Outbox.Flight(headBytes: queued, bodyBytes: 0), outbox, slot)
    return outboxes[outbox].nextOfBlock(queued)
  }

  /// What a connection that has something to send does next: a send, a read of a file, or nothing.
  mutating func nextSend(_ outbox: Index<Outbox>, _ slot: Slot) -> ConnectionAction {
    if outboxes[outbox].hasSentBlock, outboxes[outbox].queuedCount > 0 { outboxes[outbox].promote() }
    let headCount = outboxes[outbox].nextCountOfBlock(limits.sendBytes)
    guard outboxes[outbox].isSourceNext(after: headCount) else {
      startSend(Outbox.Flight(headBytes: headCount, bodyBytes: 0), outbox, slot)
      return .send(outboxes[outbox].nextOfBlock(headCount))
    }
    switch nextPiece(outbox, mayLend: !connections[slot].flags.contains(.driverReadsSends)) {
    case .region(let body):
      startSend(Outbox.Flight(headBytes: headCount, bodyBytes: body.count), outbox, slot)
      // Without a head there may be no block at all.
      return headCount > 0 ? .sendBoth(outboxes[outbox].nextOfBlock(headCount), body) : .send(body)
    case .uncopied(let count):
      startSend(Outbox.Flight(headBytes: headCount, bodyBytes: count), outbox, slot)
      connections[slot].flags.insert(.sendingFile)
      return .sendFile
    case .read(let source, let offset, let region):
      guard headCount > 0 else {
        connections[slot].flags.insert(.readingFile)
        setDeadline(tick + ticks.sendStall, slot)
        return .readFile(source, offset: offset, region)
      }
      outboxes[outbox].forgetPiece(&pool)
      startSend(Outbox.Flight(headBytes: headCount, bodyBytes: 0), outbox, slot)
      return .send(outboxes[outbox].nextOfBlock(headCount))
    case .tooShort:
      abort(slot, .fileChanged)
      return .again
    }
  }

  /// What `ConnectionAction.sendFile` sends.
  package mutating func partOfFile(_ slot: Slot) -> FilePart {
    let outbox = connections[slot].outbox
    guard outbox != .none, case .file(let source, copies: false) = outboxes[outbox].source else {
      preconditionFailure("slot \(slot) sends no file")
    }
    let flight = outboxes[outbox].flight
    let rest = outboxes[outbox].sourceRange
    return FilePart(
      head: flight.headBytes > 0 ? outboxes[outbox].nextOfBlock(flight.headBytes) : nil, source,
      offset: rest.lowerBound, count: flight.bodyBytes, promisedEnd: rest.upperBound)
  }

  /// The send of part of a file completed with `result` bytes or a negated errno.
  package mutating func didSendFile(_ result: Int32, _ slot: Slot) {
    let mustCopy = result == -Errno.notSupported && connections[slot].phase != .closing
    if mustCopy { copyFile(slot) } else { didSend(result, slot) }
  }

  /// This file cannot be sent uncopied, or not on this socket. If the wait for room was cancelled, the peer
  /// may have made some all the same: the send that comes instead finds out.
  package mutating func copyFile(_ slot: Slot) {
    if let outbox = claimedOutbox(slot), case .file(let source, _) = outboxes[outbox].source {
      outboxes[outbox].source = .file(source, copies: true)
      // It was cancelled to look at the peer's progress, and could not: the copied send that comes instead
      // sees it two looks later, by which an honest peer may have been reset. This happens once an answer.
      if connections[slot].flags.contains(.cancellingSend) { outboxes[outbox].didTake(at: tick) }
    }
    connections[slot].flags.remove(.cancellingSend)
    didSend(0, slot)
  }

  /// Names the send in flight.
  package mutating func sendToken(_ slot: Slot) -> Token {
    token(connections[slot].flags.contains(.sendingFile) ? .fileSend : .send, slot)
  }

  @inline(__always)
  private mutating func startSend(_ flight: Outbox.Flight, _ outbox: Index<Outbox>, _ slot: Slot) {
    precondition(flight.total > 0, "slot \(slot) has nothing to send")
    outboxes[outbox].flight = flight
    connections[slot].flags.insert(.sending)
    setDeadline(sendDeadline(outbox), slot)
  }

  private enum Piece {
    case region(ReadableRegion)
    case uncopied(Int)
    case read(FileSource, offset: Int, WritableRegion)
    case tooShort
  }

  /// The next bytes of the source, from where they lie if the kernel can read them there,
  /// otherwise by way of a block.
  private mutating func nextPiece(_ outbox: Index<Outbox>, mayLend: Bool) -> Piece {
    let start = outboxes[outbox].pieceStart
    if start < outboxes[outbox].pieceEnd {
      return .region(outboxes[outbox].piece.readable(start..<outboxes[outbox].pieceEnd))
    }
    let offset = outboxes[outbox].sourceRange.lowerBound
    let count = min(limits.sendBytes, outboxes[outbox].sourceRange.count)
    switch outboxes[outbox].source {
    case .none: preconditionFailure("no source for \(count) bytes")
    case .chunk(let chunk):
      return .region(chunk.buffer.readable(offset..<offset + count))
    case .shared(let bytes):
      return .region(bytes.region.part(from: offset, count: count))
    case .repeated(let copy):
      return .region(repeated.region(copy, from: offset, count: count))
    case .bytes(let bytes):
      let piece = claimPiece(count, outbox)
      var end = 0
      piece.append(after: &end) { $0.append(copying: bytes.span.extracting(offset..<offset + count)) }
      return .region(piece.readable(0..<count))
    case .file(_, copies: false):
      return .uncopied(min(outboxes[outbox].sourceRange.count, FileSource.uncopiedByteLimit))
    case .file(let source, copies: true):
      let end = outboxes[outbox].sourceRange.upperBound
      let size = min(count, FileSource.pieceByteLimit)
      switch source.piece(offset: offset, count: size, promisedEnd: end, mayLend: mayLend) {
      case .resident(let region): return .region(region)
      case .tooShort: return .tooShort
      case .read: return .read(source, offset: offset, claimPiece(size, outbox).writable(0..<size))
      case .readNow:
        let region = claimPiece(size, outbox).writable(0..<size)
        guard source.readNow(offset: offset, into: region) else { return .tooShort }
        return .region(outboxes[outbox].piece.readable(0..<size))
      }
    }
  }

  /// A block for `count` bytes of the source, which are taken off what is left of it.
  private mutating func claimPiece(_ count: Int, _ outbox: Index<Outbox>) -> Block {
    if outboxes[outbox].piece.capacity < count {
      pool.release(outboxes[outbox].piece)
      outboxes[outbox].piece = pool.acquire(count)
    }
    outboxes[outbox].pieceStart = 0
    outboxes[outbox].pieceEnd = count
    let range = outboxes[outbox].sourceRange
    outboxes[outbox].sourceRange = range.lowerBound + count..<range.upperBound
    return outboxes[outbox].piece
  }
}

// Streamed answers: from what a handler wrote to the outbox, a bounded piece at a time. Large
// pieces are sent from where they lie, small ones are copied behind each other, and all that a turn
// brings leaves in one send.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Moves what the handler wrote into the outbox as far as there is room, and ends the
  /// answer when all is moved.
  mutating func pump(_ exchange: Exchange, _ slot: Slot) {
    if var head = exchange.outflow.head.take() {
      // A hook may have made it one that cannot be sent.
      if exchange.settle(&head) { return answerInsteadOfHead(head, exchange, slot) }
      writeStreamHead(head, exchange, slot)
    }
    guard exchange.outflow.headIsWritten else { return }
    if case .none = exchange.outflow.framing { exchange.outflow.drop() }
    while hasRoomToSend(exchange.outflow.nextChunkCount, slot), let chunk = exchange.outflow.takeChunk() {
      queue(chunk, exchange, slot)
    }
    exchange.outflow.resumeIfReady()
    if exchange.outflow.state == .finished, !exchange.outflow.hasChunk, hasRoomToSend(0, slot) {
      endStream(exchange, slot)
    }
    markDirty(slot)
  }

  /// Nothing may be queued behind a piece that is sent from where it lies; and what is copied stays inside
  /// one block of the pool's second largest size.
  private mutating func hasRoomToSend(_ bytes: Int, _ slot: Slot) -> Bool {
    guard let outbox = claimedOutbox(slot), outboxes[outbox].queuedCount > 0 || outboxes[outbox].hasSource
    else {
      return true
    }
    let copied = bytes <= limits.copiedBodyBytes ? bytes : 0
    return !outboxes[outbox].hasSource
      && outboxes[outbox].queuedCount + copied + Self.framingBytes <= limits.queuedAnswerBytes
  }

  /// A chunk's first line and both line ends, at most.
  private static let framingBytes = 32

  /// A whole answer takes the place of the one that was begun.
  private mutating func answerInsteadOfHead(_ response: Response, _ exchange: Exchange, _ slot: Slot) {
    exchange.outflow.isReplaced = true
    exchange.outflow.whole = response
    exchange.outflow.state = .whole
    exchange.outflow.drop()
    exchanges.list(exchange)
  }

  private mutating func writeStreamHead(_ response: Response, _ exchange: Exchange, _ slot: Slot) {
    head = exchange.copy.head
    exchange.outflow.headIsWritten = true
    if exchange.outflow.closeReason == nil {
      exchange.outflow.closeReason =
        leavesBody(response.status, exchange, slot) ? .unreadBody : reasonToClose(slot)
    }
    if response.closesConnection, exchange.outflow.closeReason == nil {
      exchange.outflow.closeReason = .completed
    }
    let hasNoContent = response.status.code == 204 || response.status.code == 304
    var framing = BodyFraming.chunked
    exchange.outflow.framing = .chunks
    if let length = exchange.outflow.announced {
      framing = .length(length)
      exchange.outflow.framing = .length(length)
    } else if head.version == .http10 {
      // RFC 9112 section 6.1: it knows no chunks. The end of the connection is the end of the content.
      framing = .none
      exchange.outflow.framing = .close
      if exchange.outflow.closeReason == nil { exchange.outflow.closeReason = .completed }
    }
    if exchange.isUpgraded {
      framing = .none
      exchange.outflow.framing = .close
      exchange.outflow.closeReason = .completed
      intakes[claimIntake(slot)].decoder = BodyDecoder(.length(.max))
    }
    if hasNoContent { framing = .none }
    // RFC 9110 section 15.3.6: it has no content, and says so by a length of 0.
    let isReset = response.status.code == 205
    if isReset { framing = .length(0) }
    if hasNoContent || isReset || head.method == .head { exchange.outflow.framing = .none }
    let outbox = claimOutbox(slot)
    exchange.outflow.outboxIsEmpty = false
    outboxes[outbox].endAnswers()
    write(
      ResponseHead(
        response.status, framing: framing, mediaType: response.knownType,
        connection: exchange.isUpgraded ? .implicit : directive(closes: exchange.outflow.closeReason != nil)),
      response, Span(), copying: 0, outbox)
    exchange.outflow.status = response.status
    counters.answers[Int(response.status.code) / 100] += 1
    setPhaseDeadline(slot)
  }

  /// Appends one piece, framed.
  private mutating func queue(_ chunk: BodyChunk, _ exchange: Exchange, _ slot: Slot) {
    let outbox = claimOutbox(slot)
    exchange.outflow.outboxIsEmpty = false
    let isCopied = chunk.count <= limits.copiedBodyBytes
    let isChunked = if case .chunks = exchange.outflow.framing { true } else { false }
    let owesLineEnd = exchange.outflow.owesLineEnd
    outboxes[outbox].queue((isCopied ? chunk.count : 0) + Self.framingBytes, &pool) { output in
      if isChunked {
        if owesLineEnd { output.append(ascii: "\r\n") }
        output.append(hexadecimal: UInt64(chunk.count))
        output.append(ascii: "\r\n")
      }
      if isCopied {
        output.append(copying: chunk.bytes)
        if isChunked { output.append(ascii: "\r\n") }
      }
    }
    exchange.outflow.owesLineEnd = isChunked && !isCopied
    if !isCopied {
      outboxes[outbox].follow(with: .chunk(chunk), chunk.range)
    }
    if accessLog != nil { outboxes[outbox].noteContent(chunk.count, trailing: isChunked && isCopied ? 2 : 0) }
  }

  /// All content is queued: the end of the chunks, then what any finished answer leads to.
  private mutating func endStream(_ exchange: Exchange, _ slot: Slot) {
    if case .chunks = exchange.outflow.framing {
      let outbox = claimOutbox(slot)
      let trailers = exchange.outflow.trailers.filter(\.isAllowedInTrailers)
      let owesLineEnd = exchange.outflow.owesLineEnd
      outboxes[outbox].queue(16 + trailers.reduce(0) { $0 + $1.byteCount }, &pool) { output in
        output.append(ascii: owesLineEnd ? "\r\n0\r\n" : "0\r\n")
        for field in trailers {
          output.append(copying: field.name.utf8.span)
          output.append(ascii: ": ")
          output.append(copying: field.value.utf8.span)
          output.append(ascii: "\r\n")
        }
        output.append(ascii: "\r\n")
      }
    }
    noteStreamEnd(exchange, isCut: false, slot)
    let isUnread = isReadingBody(slot)
    let mayDrop = isUnread && mayDropRest(exchange, slot)
    connections[slot].flags.remove(.isBulk)
    detach(slot)
    if let reason = exchange.outflow.closeReason ?? (isUnread && !mayDrop ? .unreadBody : reasonToClose(slot))
    {
      connections[slot].close(for: reason)
      if isUnread || head.keepsAlive { connections[slot].flags.insert(.lingers) }
      connections[slot].phase = .answering
    } else if mayDrop {
      // Nothing is sent from where it lies by now: what is queued may leave while the rest of the body comes.
      beginDropping(slot)
    } else {
      connections[slot].phase = .answering
    }
    if claimedOutbox(slot) == nil {
      didSendEverything(slot)
    } else if connections[slot].phase == .dropping {
      consumeWaiting(slot)
    }
    release(exchange)
    tidyIntake(slot)
  }

  /// An answer that does not wait for a body too long to be dropped: its head says already that the
  /// connection ends. Known of an error, of an answer that is given to its end by now, and where the body was
  /// declined; any other may still be followed by a handler, or by a server behind, that reads on.
  private mutating func leavesBody(_ status: Status, _ exchange: Exchange, _ slot: Slot) -> Bool {
    (status.isError || exchange.outflow.state == .finished || exchange.inflow.isDeclined)
      && isReadingBody(slot) && !mayDropRest(exchange, slot)
  }

  /// The handler gave its answer up: after the head, nothing but a reset tells the peer that there is no
  /// more. Before that nothing has been said, and a handler's end says what the answer is; a relay has none.
  mutating func abortAnswer(_ exchange: Exchange, _ slot: Slot) {
    guard !exchange.outflow.headIsWritten else {
      exchange.wasGivenUp = true
      abort(slot, exchange.outflow.wasEnded ? .peerFinished : .handlerAborted)
      return
    }
    guard exchange.isFinished else { return }
    exchange.outflow.head = nil
    exchange.outflow.drop()
    exchange.outflow.whole = exchange.refuse(AnswerError.unfinished)
    exchange.outflow.state = .whole
  }

  /// Nothing more is sent: our FIN follows what is queued. What the peer sends is still received.
  mutating func endSending(_ slot: Slot) {
    connections[slot].flags.insert(.endsSending)
    markDirty(slot)
  }

  /// There is room in the outbox again.
  mutating func pumpIfStreaming(_ slot: Slot) {
    if let exchange = exchange(slot), exchange.isStreaming { pump(exchange, slot) }
  }

  /// The outbox is empty and the answer is not done: the handler may write on.
  mutating func didDrainOutbox(_ slot: Slot) {
    guard let exchange = exchange(slot), exchange.isStreaming else { return }
    exchange.outflow.outboxIsEmpty = true
    pump(exchange, slot)
  }
}

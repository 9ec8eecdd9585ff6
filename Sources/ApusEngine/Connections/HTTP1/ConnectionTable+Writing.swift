// Streamed responses: a handler's writes move to the outbox in bounded pieces. Large pieces are sent in
// place, small ones are copied one after another, and all pieces of a turn leave in one send.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Moves the handler's writes to the outbox as far as there is room, and ends the response when all are
  /// moved.
  mutating func pump(_ exchange: Exchange, _ slot: Slot) {
    if var head = exchange.outflow.head.take() {
      // A hook may have changed it into a response that cannot be streamed.
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

  /// Nothing may be queued after a piece that is sent in place, and copied bytes must fit into one block of
  /// the pool's second largest size.
  private mutating func hasRoomToSend(_ bytes: Int, _ slot: Slot) -> Bool {
    guard let outbox = claimedOutbox(slot), outboxes[outbox].queuedCount > 0 || outboxes[outbox].hasSource
    else {
      return true
    }
    let copied = bytes <= limits.copiedBodyBytes ? bytes : 0
    return !outboxes[outbox].hasSource
      && outboxes[outbox].queuedCount + copied + Self.framingBytes <= limits.queuedAnswerBytes
  }

  /// Most bytes of a chunk's size line and both line ends.
  private static let framingBytes = 32

  /// A whole response replaces the streamed one, of which nothing was sent yet.
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
      // RFC 9112 section 6.1: HTTP/1.0 has no chunks, so the end of the connection ends the content.
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
    // RFC 9110 section 15.3.6: 205 has no content and says so with a length of 0.
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

  /// Queues one piece with its framing.
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

  /// All content is queued: queues the end of the chunks, then ends the response as any other.
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
      // No piece is being sent in place by now, so queued bytes may leave while the rest of the body arrives.
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

  /// The response does not wait for a body that is too long to be dropped, so its head already says `close`.
  /// True for an error, a response that is complete by now, or a declined body; in any other case the handler
  /// or an upstream server may still read on.
  private mutating func leavesBody(_ status: Status, _ exchange: Exchange, _ slot: Slot) -> Bool {
    (status.isError || exchange.outflow.state == .finished || exchange.inflow.isDeclined)
      && isReadingBody(slot) && !mayDropRest(exchange, slot)
  }

  /// The handler gave up its response. After the head, only a reset tells the peer that it is truncated.
  /// Before, the handler's end decides the response; a relay has none.
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

  /// Sends nothing more: our FIN follows what is queued. Input of the peer is still received.
  mutating func endSending(_ slot: Slot) {
    connections[slot].flags.insert(.endsSending)
    markDirty(slot)
  }

  /// The outbox has room again.
  mutating func pumpIfStreaming(_ slot: Slot) {
    if let exchange = exchange(slot), exchange.isStreaming { pump(exchange, slot) }
  }

  /// The outbox is empty and the response is not complete: the handler may write more.
  mutating func didDrainOutbox(_ slot: Slot) {
    guard let exchange = exchange(slot), exchange.isStreaming else { return }
    exchange.outflow.outboxIsEmpty = true
    pump(exchange, slot)
  }
}

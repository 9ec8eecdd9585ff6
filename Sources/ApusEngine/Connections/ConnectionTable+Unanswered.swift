// Requests whose connection ends before their response. Hooks and the access log get 499 for them if the
// client caused it, as in nginx, and 503 if the server did.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// The connection is about to end for `reason`.
  mutating func noteUnanswered(_ slot: Slot, _ reason: CloseReason) {
    switch connections[slot].phase {
    case .handling: noteUnansweredHandler(slot, reason.statusOfUnanswered)
    case .body: noteUnansweredBody(slot, reason.statusOfUnanswered)
    case .free, .idle, .head, .dropping, .answering, .lingering, .closing: break
    }
  }

  /// Hooks may have seen a response that was to be sent; none of its bytes was.
  private mutating func noteUnansweredHandler(_ slot: Slot, _ status: Status) {
    guard let exchange = exchange(slot), !exchange.outflow.headIsWritten else { return }
    var response = Response(status: status)
    exchange.settle(&response)
    let copy = exchange.copy
    parseAgain(copy)
    noteUnanswered(copy.bytes, status, slot)
  }

  /// No handler has seen this request yet.
  private mutating func noteUnansweredBody(_ slot: Slot, _ status: Status) {
    guard intakes[connections[slot].intake].headCount > 0 else { return }
    let collected = parseCollected(slot)
    notePeer(slot)
    showUnanswered(collected.block.bytes(collected.bytes), status)
    collectedNumber = nil
    noteUnanswered(collected.block.bytes(collected.bytes), status, slot)
  }

  /// The log line follows those of responses in flight and says that this response was cut.
  private mutating func noteUnanswered(_ bytes: Span<UInt8>, _ status: Status, _ slot: Slot) {
    if status == .clientClosedRequest { counters.unanswered += 1 } else { counters.givenUp += 1 }
    let isLeaving = claimedOutbox(slot) != nil
    let outbox = claimOutbox(slot)
    outboxes[outbox].willAnswer(arrivedAt, isAlone: true)
    if accessLog != nil { noteLine(status, 0, of: bytes, isCut: true, outbox) }
    if !isLeaving { freeOutbox(slot) }
  }
}

extension CloseReason {
  /// The status of a request without a response: 499 if its client ended the connection or took no bytes of
  /// earlier responses, otherwise 503.
  fileprivate var statusOfUnanswered: Status {
    switch self {
    case .peerFinished, .peerTruncated, .peerReset, .sendTimeout, .secureFailure: .clientClosedRequest
    case .completed, .idle, .noFirstByte, .headTimeout, .bodyTimeout, .protocolError, .unreadBody, .pressure,
      .drain, .drainForced, .fileChanged, .answerTimeout, .handlerAborted:
      .serviceUnavailable
    }
  }
}

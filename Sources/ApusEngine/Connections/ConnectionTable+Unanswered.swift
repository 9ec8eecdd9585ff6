// Requests whose connection ends before there is an answer: nobody is sent anything, and whoever counts or
// logs answers has 499 for them where that was the client's doing, as nginx has, and 503 where it was ours.

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

  /// Hooks may have seen an answer that was to leave; nothing of it has.
  private mutating func noteUnansweredHandler(_ slot: Slot, _ status: Status) {
    guard let exchange = exchange(slot), !exchange.outflow.headIsWritten else { return }
    var response = Response(status: status)
    exchange.settle(&response)
    let copy = exchange.copy
    parseAgain(copy)
    noteUnanswered(copy.bytes, status, slot)
  }

  /// No handler has seen it yet.
  private mutating func noteUnansweredBody(_ slot: Slot, _ status: Status) {
    guard intakes[connections[slot].intake].headCount > 0 else { return }
    let collected = parseCollected(slot)
    notePeer(slot)
    showUnanswered(collected.block.bytes(collected.bytes), status)
    collectedNumber = nil
    noteUnanswered(collected.block.bytes(collected.bytes), status, slot)
  }

  /// The line of log stands behind those of answers that are leaving, and says that this one was cut.
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
  /// What a request has that a connection ends in front of: it was its client that went, or took nothing of
  /// the answers before, or it was us.
  fileprivate var statusOfUnanswered: Status {
    switch self {
    case .peerFinished, .peerTruncated, .peerReset, .sendTimeout, .secureFailure: .clientClosedRequest
    case .completed, .idle, .noFirstByte, .headTimeout, .bodyTimeout, .protocolError, .unreadBody, .pressure,
      .drain, .drainForced, .fileChanged, .answerTimeout, .handlerAborted:
      .serviceUnavailable
    }
  }
}

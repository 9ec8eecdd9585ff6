// Requests whose client went away before it had its answer: nobody is sent anything, and whoever counts or logs answers has 499 for
// them, as nginx has.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// The connection is about to end for `reason`.
  mutating func noteUnanswered(_ slot: Slot, _ reason: CloseReason) {
    switch reason {
    case .peerFinished, .peerTruncated, .peerReset: break
    default: return
    }
    switch connections[Int(slot)].phase {
    case .handling: noteUnansweredHandler(slot)
    case .body: noteUnansweredBody(slot)
    case .free, .idle, .head, .dropping, .answering, .lingering, .closing: break
    }
  }

  private mutating func noteUnansweredHandler(_ slot: Slot) {
    guard let exchange = exchange(slot), !exchange.isSettled else { return }
    var response = Response(status: .clientClosedRequest)
    exchange.settle(&response)
    let copy = exchange.copy
    parseAgain(copy)
    noteUnanswered(copy.bytes, slot)
  }

  /// No handler has seen it yet.
  private mutating func noteUnansweredBody(_ slot: Slot) {
    let intake = connections[Int(slot)].intake
    let headBlock = intakes[intake].head
    let headCount = intakes[intake].headCount
    guard headCount > 0 else { return }
    let outcome = parser.parse(headBlock.bytes(0..<headCount), into: &head, fields: &fields)
    precondition(outcome == .complete, "a head that was complete parses as \(outcome)")
    notePeer(slot)
    arrivedAt = intakes[intake].headArrivedAt
    collectedNumber = intakes[intake].number
    showUnanswered(headBlock.bytes(0..<headCount))
    collectedNumber = nil
    noteUnanswered(headBlock.bytes(0..<headCount), slot)
  }

  /// The line of log stands behind those of answers that are leaving, and says that this one was cut.
  private mutating func noteUnanswered(_ bytes: Span<UInt8>, _ slot: Slot) {
    counters.unanswered += 1
    guard accessLog != nil else { return }
    let isLeaving = claimedOutbox(slot) != nil
    let outbox = claimOutbox(slot)
    outboxes[outbox].willAnswer(arrivedAt, isAlone: true)
    noteLine(.clientClosedRequest, 0, of: bytes, isCut: true, outbox)
    if !isLeaving { finishAnswers(outbox, slot) }
  }
}

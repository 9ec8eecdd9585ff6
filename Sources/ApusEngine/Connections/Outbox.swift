// Outbox: answers on their way out. Bytes gather in `queued` while an earlier send is in flight, so all that a turn
// answers on a connection leaves in one send, and one send is in flight at a time: two would reorder.

import ApusRing
import ApusWire

/// Queued bytes, the bytes under the send in flight, and at most one body that is sent from where it lies.
struct Outbox {
  /// A body too large to copy behind its head. It follows all queued bytes; nothing is queued behind it.
  enum Source {
    case none
    case bytes([UInt8])
    case shared(SharedBytes)
    case file(FileSource)
  }

  /// What the send in flight was given.
  struct Flight {
    var headBytes = 0
    var bodyBytes = 0
    var total: Int { headBytes + bodyBytes }
  }

  var queued = Block.none
  var queuedCount = 0
  var sending = Block.none
  var sendStart = 0
  var sendEnd = 0
  var source = Source.none
  /// Offsets in the source of what is still to be sent.
  var sourceRange = 0..<0
  /// A copied or read piece of the source, on its way.
  var piece = Block.none
  var pieceStart = 0
  var pieceEnd = 0
  var flight = Flight()
  /// When the send in flight began to wait, and what has left since, for the rate that the peer must keep.
  var startedAt = Tick(rawValue: 0)
  var sentBytes: UInt64 = 0
  /// For the latency histogram: when the oldest unsent answer was given, and how many there are.
  var answeredAt = Instant(nanoseconds: 0)
  var answers: UInt64 = 0

  var hasSource: Bool { !sourceRange.isEmpty || pieceStart < pieceEnd }
  var isEmpty: Bool { queuedCount == 0 && sendStart == sendEnd && !hasSource }

  /// Room for `bytes` more in `queued`.
  mutating func reserve(_ bytes: Int, _ pool: inout BlockPool) {
    guard queuedCount + bytes > queued.capacity else { return }
    let larger = pool.acquire(max(queuedCount + bytes, 2 * queued.capacity))
    var count = 0
    larger.append(after: &count) { $0.append(copying: queued.bytes(0..<queuedCount)) }
    pool.release(queued)
    queued = larger
  }

  /// An answer was appended to `queued`.
  mutating func didAnswer(_ now: Instant) {
    if answers == 0 { answeredAt = now }
    answers += 1
  }

  /// Makes the queued bytes the ones to send.
  mutating func promote(_ pool: inout BlockPool) {
    precondition(sendStart == sendEnd, "\(sendEnd - sendStart) bytes are still being sent")
    pool.release(sending)
    sending = queued
    sendStart = 0
    sendEnd = queuedCount
    queued = .none
    queuedCount = 0
  }

  mutating func releaseAll(_ pool: inout BlockPool) {
    pool.release(queued)
    pool.release(sending)
    pool.release(piece)
    self = Outbox()
  }
}

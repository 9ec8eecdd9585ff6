// Outbox: answers on their way out. Bytes gather in `queued` while an earlier send is in flight, so all that
// a turn answers on a connection leaves in one send, and one send is in flight at a time: two would reorder.

import ApusRing
import ApusWire

/// Queued bytes, the bytes under the send in flight, and at most one body that is sent from where it lies.
struct Outbox {
  /// A body too large to copy behind its head. It follows all queued bytes; nothing is queued behind it.
  enum Source {
    case none
    case bytes([UInt8])
    case shared(SharedBytes)
    /// `copies`: by way of memory of ours, or of a mapping. Otherwise the peer's kernel gets
    /// the page cache's own pages.
    case file(FileSource, copies: Bool)
    /// A piece of a streamed answer.
    case chunk(BodyChunk)
    /// A whole answer that was given before, head and content, which the outbox holds.
    case repeated(Index<RepeatedAnswers.Copy>)
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
  /// When the outbox was claimed, and what has left since, for the rate that the peer must keep.
  var startedAt = Tick(rawValue: 0)
  var sentBytes: UInt64 = 0
  /// When the peer is known to have taken something last: no later than it did. Each may be a predecessor's,
  /// and then means `startedAt`.
  var takenAt = Tick(rawValue: 0)
  /// When the last two looks at an unfinished send were.
  var lookedAt = (before: Tick(rawValue: 0), last: Tick(rawValue: 0))
  /// The answers that have not left whole: the oldest, and behind it those whose end is to be told apart.
  var oldest = AnswerMark()
  var later = Queue<AnswerMark>()
  /// Content of streamed answers that has not left, where there is an access log.
  var streamed = Queue<ContentMark>()
  var logText = LogText()
  /// There is more to tell of the answers than that all leave together.
  var hasMarks = false

  var hasSource: Bool { !sourceRange.isEmpty || pieceStart < pieceEnd }
  /// Nothing of `sending` is left to send.
  var hasSentBlock: Bool { sendStart == sendEnd }
  var isEmpty: Bool { queuedCount == 0 && hasSentBlock && !hasSource }

  /// The source follows everything queued; a pipelined answer may still be written behind an earlier one.
  func isSourceNext(after count: Int) -> Bool {
    hasSource && queuedCount == 0 && sendStart + count == sendEnd
  }

  /// Bytes that are left of `sending`, up to `limit`.
  func nextCountOfBlock(_ limit: Int) -> Int { min(limit, sendEnd - sendStart) }

  /// The next `count` bytes of `sending`.
  func nextOfBlock(_ count: Int) -> ReadableRegion { sending.readable(from: sendStart, count: count) }

  /// Room for `bytes` more in `queued`.
  mutating func reserve(_ bytes: Int, _ pool: inout BlockPool) {
    guard queuedCount + bytes > queued.capacity else { return }
    let larger = pool.acquire(max(queuedCount + bytes, 2 * queued.capacity))
    var count = 0
    larger.append(after: &count) { $0.append(copying: queued.bytes(0..<queuedCount)) }
    pool.release(queued)
    queued = larger
  }

  /// Lets `body` write behind what is queued, `bytes` at most.
  @inline(__always)
  mutating func queue(_ bytes: Int, _ pool: inout BlockPool, _ body: (inout OutputSpan<UInt8>) -> Void) {
    reserve(bytes, &pool)
    queued.append(after: &queuedCount, body)
  }

  /// Has a body follow what is queued, sent from where it lies.
  @inline(__always)
  mutating func follow(with body: Source, _ range: Range<Int>) {
    precondition(!hasSource, "a body of \(range.count) bytes is queued behind another")
    source = body
    sourceRange = range
  }

  /// Makes the queued bytes the ones to send, and the block that was sent the one to queue in.
  mutating func promote() {
    precondition(sendStart == sendEnd, "\(sendEnd - sendStart) bytes are still being sent")
    swap(&sending, &queued)
    sendStart = 0
    sendEnd = queuedCount
    queuedCount = 0
  }

  /// What a free outbox may keep.
  private static let keptBytes = 4096

  /// Forgets everything and gives its memory back, but for one small block if `keepsBlock`: the next tenant
  /// writes there, without a way to the pool and back.
  @inline(__always)
  mutating func clear(_ pool: inout BlockPool, keepsBlock: Bool) {
    // Capacities tell all that `isNone` does, without a call.
    if queued.capacity == 0 { swap(&sending, &queued) }
    if sending.capacity > 0 {
      pool.release(sending)
      sending = .none
    }
    if queued.capacity > (keepsBlock ? Self.keptBytes : 0) {
      pool.release(queued)
      queued = .none
    }
    queuedCount = 0
    sendStart = 0
    sendEnd = 0
    flight = Flight()
    sentBytes = 0
    oldest.answers = 0
    if hasBody { clearBody(&pool) }
  }

  /// Free, and keeps a block.
  var isKeeper: Bool { isEmpty && flight.total == 0 && queued.capacity > 0 }

  /// Something of a body that is not queued is still here.
  private var hasBody: Bool {
    if case .none = source { piece.capacity > 0 } else { true }
  }

  private mutating func clearBody(_ pool: inout BlockPool) {
    source = .none
    sourceRange = 0..<0
    pool.release(piece)
    piece = .none
    pieceStart = 0
    pieceEnd = 0
  }
}

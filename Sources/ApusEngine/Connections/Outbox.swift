// Outbox: responses that are being sent. Bytes gather in `queued` while a send is in flight, so all responses
// of a turn on a connection leave in one send. Only one send is in flight at a time: two could be reordered.

import ApusRing
import ApusWire

/// Queued bytes, the bytes of the send in flight, and at most one body that is sent in place.
struct Outbox {
  /// A body too large to be copied after its head. It follows all queued bytes; nothing is queued after it.
  enum Source {
    case none
    case bytes([UInt8])
    case shared(SharedBytes)
    /// `copies`: through memory of ours or a mapping. Otherwise the socket gets the pages of the page cache.
    case file(FileSource, copies: Bool)
    /// A piece of a streamed response.
    case chunk(BodyChunk)
    /// A whole response that was given before, head and content; the outbox holds it.
    case repeated(Index<RepeatedAnswers.Copy>)
  }

  /// The number of bytes in the send in flight.
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
  /// Offsets in the source of the bytes that are still to be sent.
  var sourceRange = 0..<0
  /// A piece of the source that was copied or read and is being sent.
  var piece = Block.none
  var pieceStart = 0
  var pieceEnd = 0
  var flight = Flight()
  /// When the outbox was claimed, and the bytes sent since, for the minimum rate.
  var startedAt = Tick(rawValue: 0)
  var sentBytes: UInt64 = 0
  /// The latest time at which the peer is known to have taken bytes. A value before `startedAt` is left over
  /// from the outbox's last use and means `startedAt`; so does one of `lookedAt`.
  var takenAt = Tick(rawValue: 0)
  /// The last two checks of an unfinished send.
  var lookedAt = (before: Tick(rawValue: 0), last: Tick(rawValue: 0))
  /// The responses that are not completely sent: the oldest, and later ones whose ends are marked apart.
  var oldest = AnswerMark()
  var later = Queue<AnswerMark>()
  /// Content of streamed responses that is not sent yet, if there is an access log.
  var streamed = Queue<ContentMark>()
  var logText = LogText()
  /// Some response has a mark of its own, so they are not settled all together.
  var hasMarks = false

  var hasSource: Bool { !sourceRange.isEmpty || pieceStart < pieceEnd }
  /// All of `sending` is sent.
  var hasSentBlock: Bool { sendStart == sendEnd }
  var isEmpty: Bool { queuedCount == 0 && hasSentBlock && !hasSource }

  /// The source follows all queued bytes; a pipelined response may still be queued after an earlier one.
  func isSourceNext(after count: Int) -> Bool {
    hasSource && queuedCount == 0 && sendStart + count == sendEnd
  }

  /// Number of unsent bytes of `sending`, up to `limit`.
  func nextCountOfBlock(_ limit: Int) -> Int { min(limit, sendEnd - sendStart) }

  /// The next `count` bytes of `sending`.
  func nextOfBlock(_ count: Int) -> ReadableRegion { sending.readable(from: sendStart, count: count) }

  /// Makes room for `bytes` more in `queued`.
  mutating func reserve(_ bytes: Int, _ pool: inout BlockPool) {
    guard queuedCount + bytes > queued.capacity else { return }
    let larger = pool.acquire(max(queuedCount + bytes, 2 * queued.capacity))
    var count = 0
    larger.append(after: &count) { $0.append(copying: queued.bytes(0..<queuedCount)) }
    pool.release(queued)
    queued = larger
  }

  /// Lets `body` append to the queued bytes, `bytes` at most.
  @inline(__always)
  mutating func queue(_ bytes: Int, _ pool: inout BlockPool, _ body: (inout OutputSpan<UInt8>) -> Void) {
    reserve(bytes, &pool)
    queued.append(after: &queuedCount, body)
  }

  /// Sets the body that follows the queued bytes and is sent in place.
  @inline(__always)
  mutating func follow(with body: Source, _ range: Range<Int>) {
    precondition(!hasSource, "a body of \(range.count) bytes is queued behind another")
    source = body
    sourceRange = range
  }

  /// Makes the queued bytes the ones to send, and the sent block the one to queue in.
  mutating func promote() {
    precondition(sendStart == sendEnd, "\(sendEnd - sendStart) bytes are still being sent")
    swap(&sending, &queued)
    sendStart = 0
    sendEnd = queuedCount
    queuedCount = 0
  }

  /// Largest block, in bytes, that a free outbox may keep.
  private static let keptBytes = 4096

  /// Clears the outbox and releases its memory, except one small block if `keepsBlock`: the next use of the
  /// outbox writes into it without asking the pool.
  @inline(__always)
  mutating func clear(_ pool: inout BlockPool, keepsBlock: Bool) {
    // Capacities tell the same facts as `isNone`, without a call.
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

  /// The outbox is free and keeps a block.
  var isKeeper: Bool { isEmpty && flight.total == 0 && queued.capacity > 0 }

  /// Part of an unqueued body is still here.
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

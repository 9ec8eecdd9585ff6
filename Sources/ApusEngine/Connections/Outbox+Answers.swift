// The answers in an outbox: where each ends among its bytes, for the latency that is recorded and the access
// log's line that is written once its last byte is with the kernel (ConnectionTable+Settling).

import ApusRing
import ApusWire

/// Answers that end at one place of an outbox's bytes.
struct AnswerMark {
  /// When the turn began that saw the last byte of their requests' heads.
  var arrivedAt = Instant(nanoseconds: 0)
  var answers: UInt64 = 0
  /// `Outbox.sentBytes` by then; `.max` while nothing is queued behind.
  var end = UInt64.max
  var line = PendingLine()
}

/// What the access log will say of an answer on its way. The request's own bytes are in `Outbox.logText`.
struct PendingLine {
  /// 0 for no line.
  var status: UInt16 = 0
  var requestBytes: UInt16 = 0
  var refererBytes: UInt16 = 0
  var userAgentBytes: UInt16 = 0
  /// Content that was queued; it is the last of the answer, or among `Outbox.streamed`.
  var contentBytes: UInt64 = 0
  var isStreamed = false
  /// There will be no more of the answer.
  var isCut = false
}

/// A piece of a streamed answer's content among an outbox's bytes, between what frames it.
struct ContentMark {
  var start: UInt64
  var count: UInt64
  var end: UInt64 { start + count }
}

/// Requests' bytes for the access log, the oldest first.
struct LogText {
  /// Beyond so many bytes no more of a connection's requests are parsed: the lines of answers that leave
  /// together must fit into the log's buffers.
  static let limit = 16 << 10

  var block = Block.none
  var start = 0
  var end = 0
  var count: Int { end - start }

  /// Makes room for `bytes` more.
  mutating func reserve(_ bytes: Int, _ pool: inout BlockPool) {
    guard end + bytes > block.capacity else { return }
    if count + bytes <= block.capacity {
      block.moveToStart(start..<end)
    } else {
      let larger = pool.acquire(count + bytes)
      var filled = 0
      larger.append(after: &filled) { $0.append(copying: block.bytes(start..<end)) }
      pool.release(block)
      block = larger
    }
    end -= start
    start = 0
  }

  mutating func clear(_ pool: inout BlockPool) {
    pool.release(block)
    self = LogText()
  }
}

extension Outbox {
  /// Bytes that were ever queued, counted as `sentBytes` is.
  var queuedEnd: UInt64 {
    sentBytes + UInt64(sendEnd - sendStart + queuedCount + sourceRange.count + pieceEnd - pieceStart)
  }

  /// The answer to a request that came at `arrivedAt` is about to be queued, or its end is. One that
  /// `isAlone` is told apart from others of its turn: it leaves later, or has a line of the log's.
  @inline(__always)
  mutating func willAnswer(_ arrivedAt: Instant, isAlone: Bool) {
    if oldest.answers == 0 {
      oldest.arrivedAt = arrivedAt
      oldest.answers = 1
    } else if !isAlone, !hasMarks, oldest.arrivedAt.nanoseconds == arrivedAt.nanoseconds {
      oldest.answers += 1
    } else {
      addMark(arrivedAt, isAlone: isAlone)
    }
  }

  @inline(never)
  private mutating func addMark(_ arrivedAt: Instant, isAlone: Bool) {
    if !isAlone, var last = later.last, last.end == .max, last.line.status == 0,
      last.arrivedAt.nanoseconds == arrivedAt.nanoseconds
    {
      last.answers += 1
      later.replaceLast(with: last)
      return
    }
    endAnswers()
    later.append(AnswerMark(arrivedAt: arrivedAt, answers: 1))
  }

  /// Bytes that are queued from now on belong to no answer that was queued before.
  mutating func endAnswers() {
    guard oldest.answers > 0 else { return }
    hasMarks = true
    if var last = later.last {
      guard last.end == .max else { return }
      last.end = queuedEnd
      later.replaceLast(with: last)
    } else if oldest.end == .max {
      oldest.end = queuedEnd
    }
  }

  /// The line of the answer that was queued last.
  mutating func setLine(_ line: PendingLine) {
    hasMarks = true
    guard var last = later.last else {
      oldest.line = line
      return
    }
    last.line = line
    later.replaceLast(with: last)
  }

  /// The oldest answer is dealt with.
  mutating func forgetOldest() { oldest = later.popFirst() ?? AnswerMark() }

  /// `count` bytes of content were queued, and `trailing` bytes of framing behind them.
  mutating func noteContent(_ count: Int, trailing: Int) {
    hasMarks = true
    while let first = streamed.first, first.end <= sentBytes { _ = streamed.popFirst() }
    let start = queuedEnd - UInt64(count + trailing)
    if var last = streamed.last, last.end == start {
      last.count += UInt64(count)
      streamed.replaceLast(with: last)
    } else {
      streamed.append(ContentMark(start: start, count: UInt64(count)))
    }
  }

  /// Takes away what ends before `end`; answers how many bytes of it are not sent.
  mutating func takeUnsentContent(before end: UInt64) -> UInt64 {
    var unsent: UInt64 = 0
    while let mark = streamed.first, mark.start < end {
      _ = streamed.popFirst()
      if mark.end > sentBytes { unsent += mark.end - max(mark.start, sentBytes) }
    }
    return unsent
  }

  /// Nothing is left of any answer.
  mutating func clearMarks(_ pool: inout BlockPool) {
    precondition(oldest.answers == 0, "\(oldest.answers) answers are forgotten")
    hasMarks = false
    streamed.removeAll()
    if logText.block.capacity > 0 { logText.clear(&pool) }
  }
}

// The responses in an outbox and where each ends in its bytes. Latency and the access log's line are due
// after a response's last byte is with the kernel (ConnectionTable+Settling).

import ApusRing
import ApusWire

/// Responses that end at one place in an outbox's bytes.
struct AnswerMark {
  /// Start of the turn in which the last byte of their requests' heads arrived.
  var arrivedAt = Instant(nanoseconds: 0)
  var answers: UInt64 = 0
  /// `Outbox.sentBytes` at their end; `.max` while nothing is queued after them.
  var end = UInt64.max
  var line = PendingLine()
}

/// The access log's line of a response in flight. The request's own bytes are in `Outbox.logText`.
struct PendingLine {
  /// 0 if there is no line.
  var status: UInt16 = 0
  var requestBytes: UInt16 = 0
  var refererBytes: UInt16 = 0
  var userAgentBytes: UInt16 = 0
  /// Content that was queued: the last bytes of the response, or listed in `Outbox.streamed`.
  var contentBytes: UInt64 = 0
  var isStreamed = false
  /// The rest of the response will not be sent.
  var isCut = false
}

/// A piece of a streamed response's content in an outbox's bytes, without its framing.
struct ContentMark {
  var start: UInt64
  var count: UInt64
  var end: UInt64 { start + count }
}

/// Requests' bytes for the access log, oldest first.
struct LogText {
  /// Limit in bytes; above it no more requests of the connection are parsed, because the lines of responses
  /// that are sent together must fit into the log's buffers.
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
  /// End of all bytes that were ever queued, counted as `sentBytes`.
  var queuedEnd: UInt64 {
    sentBytes + UInt64(sendEnd - sendStart + queuedCount + sourceRange.count + pieceEnd - pieceStart)
  }

  /// The response to a request that arrived at `arrivedAt` is about to be queued, or its end is. `isAlone`
  /// marks it apart from others of its turn, because it is sent later or has a log line.
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

  /// Bytes that are queued from now on belong to no response that was queued before.
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

  /// Sets the log line of the response that was queued last.
  mutating func setLine(_ line: PendingLine) {
    hasMarks = true
    guard var last = later.last else {
      oldest.line = line
      return
    }
    last.line = line
    later.replaceLast(with: last)
  }

  /// The oldest response is settled.
  mutating func forgetOldest() { oldest = later.popFirst() ?? AnswerMark() }

  /// `count` bytes of content were queued, and `trailing` bytes of framing after them.
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

  /// Removes the content that starts before `end`; returns how many of its bytes are unsent.
  mutating func takeUnsentContent(before end: UInt64) -> UInt64 {
    var unsent: UInt64 = 0
    while let mark = streamed.first, mark.start < end {
      _ = streamed.popFirst()
      if mark.end > sentBytes { unsent += mark.end - max(mark.start, sentBytes) }
    }
    return unsent
  }

  /// Forgets all marks, after every response is settled.
  mutating func clearMarks(_ pool: inout BlockPool) {
    precondition(oldest.answers == 0, "\(oldest.answers) answers are forgotten")
    hasMarks = false
    streamed.removeAll()
    if logText.block.capacity > 0 { logText.clear(&pool) }
  }
}

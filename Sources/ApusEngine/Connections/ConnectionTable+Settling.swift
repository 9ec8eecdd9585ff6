// After the kernel has taken a response's last byte, or never will: its latency is recorded and its line is
// written to the access log. Only responses without marks take a shorter way (`freeOutbox`). A response that
// was cut counts with the time until then: if impatient clients were left out, slow handlers would look fast.

import ApusRing
import ApusWire

extension ConnectionTable {
  /// Settles the responses that are sent.
  @inline(never)
  mutating func settleSentAnswers(_ outbox: Index<Outbox>, _ slot: Slot) {
    while outboxes[outbox].oldest.answers > 0, outboxes[outbox].oldest.end <= outboxes[outbox].sentBytes {
      settleOldest(outbox, hasLeft: true, slot)
    }
  }

  /// Settles all responses of an outbox that is done; those that are not sent by now count as cut.
  @inline(never)
  mutating func settleAnswers(_ outbox: Index<Outbox>, _ slot: Slot) {
    let isEmpty = outboxes[outbox].isEmpty
    while outboxes[outbox].oldest.answers > 0 {
      let hasLeft = isEmpty || outboxes[outbox].oldest.end <= outboxes[outbox].sentBytes
      settleOldest(outbox, hasLeft: hasLeft && !outboxes[outbox].oldest.line.isCut, slot)
    }
    outboxes[outbox].clearMarks(&pool)
  }

  private mutating func settleOldest(_ outbox: Index<Outbox>, hasLeft: Bool, _ slot: Slot) {
    let mark = outboxes[outbox].oldest
    let duration = now.nanoseconds - mark.arrivedAt.nanoseconds
    counters.latency.record(nanoseconds: duration, times: mark.answers)
    if mark.line.status != 0 { writeLine(mark, isCut: !hasLeft, duration, outbox, slot) }
    outboxes[outbox].forgetOldest()
  }

  private mutating func writeLine(
    _ mark: AnswerMark, isCut: Bool, _ nanoseconds: UInt64, _ outbox: Index<Outbox>, _ slot: Slot
  ) {
    guard let accessLog else { return }
    let line = mark.line
    let start = outboxes[outbox].logText.start
    let referer = start + Int(line.requestBytes)
    let userAgent = referer + Int(line.refererBytes)
    let end = userAgent + Int(line.userAgentBytes)
    let unsent = unsentContent(mark, outbox)
    let text = outboxes[outbox].logText.block
    counters.lostLogLines += accessLog.append(
      AccessRecord(
        peer: accessLog.address(slot), unixSeconds: unixSeconds, requestLine: text.bytes(start..<referer),
        status: line.status, bodyBytes: line.contentBytes - unsent, isCut: isCut,
        referer: text.bytes(referer..<userAgent), userAgent: text.bytes(userAgent..<end),
        durationNanoseconds: nanoseconds, security: security(of: slot)))
    outboxes[outbox].logText.start = end
  }

  private mutating func unsentContent(_ mark: AnswerMark, _ outbox: Index<Outbox>) -> UInt64 {
    if mark.line.isStreamed { return outboxes[outbox].takeUnsentContent(before: mark.end) }
    let end = min(mark.end, outboxes[outbox].queuedEnd)
    let sent = outboxes[outbox].sentBytes
    return end <= sent ? 0 : min(mark.line.contentBytes, end - sent)
  }

  // MARK: preparing log lines

  /// Prepares the access log's line of the response that was queued last, to the request in `head`. `bytes`
  /// is the request's head, or the part of it that arrived.
  @inline(never)
  mutating func noteLine(
    _ status: Status, _ contentBytes: UInt64, of bytes: Span<UInt8>, isStreamed: Bool = false,
    isCut: Bool = false, _ outbox: Index<Outbox>
  ) {
    let request = Self.requestLine(bytes)
    let referer = loggedValue("referer", .referer, bytes)
    let userAgent = loggedValue("user-agent", .userAgent, bytes)
    let line = PendingLine(
      status: status.code, requestBytes: UInt16(request.count), refererBytes: UInt16(referer.count),
      userAgentBytes: UInt16(userAgent.count), contentBytes: contentBytes, isStreamed: isStreamed,
      isCut: isCut)
    outboxes[outbox].logText.reserve(request.count + referer.count + userAgent.count, &pool)
    outboxes[outbox].logText.block.append(after: &outboxes[outbox].logText.end) { output in
      output.append(copying: request)
      output.append(copying: referer)
      output.append(copying: userAgent)
    }
    outboxes[outbox].setLine(line)
  }

  /// The first line that is not empty, without its line end.
  @_lifetime(copy bytes)
  private static func requestLine(_ bytes: Span<UInt8>) -> Span<UInt8> {
    var start = 0
    while start < bytes.count, isLineEnd(bytes[start]) { start += 1 }
    let limit = min(bytes.count, start + AccessLogWriter.requestByteLimit + 1)
    var end = start
    while end < limit, !isLineEnd(bytes[end]) { end += 1 }
    return bytes.extracting(start..<end)
  }

  @inline(__always)
  private static func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  @_lifetime(copy bytes)
  private mutating func loggedValue(_ name: String, _ field: KnownFields, _ bytes: Span<UInt8>) -> Span<UInt8>
  {
    guard head.known.contains(field), let slice = firstValue(of: name, in: bytes, fields: fields.span) else {
      return Span()
    }
    let limit = min(Int(slice.count), AccessLogWriter.fieldByteLimit + 1)
    return bytes.extracting(slice.range).extracting(first: limit)
  }

  /// The last byte of a streamed response is queued, or never will be because the connection ends.
  mutating func noteStreamEnd(_ exchange: Exchange, isCut: Bool, _ slot: Slot) {
    let copy = exchange.copy
    parseAgain(copy)
    let isLeaving = claimedOutbox(slot) != nil
    let outbox = claimOutbox(slot)
    outboxes[outbox].willAnswer(arrivedAt, isAlone: true)
    if accessLog != nil {
      noteLine(
        exchange.outflow.status, exchange.outflow.taken, of: copy.bytes, isStreamed: true, isCut: isCut,
        outbox)
    }
    // All of the response is sent already.
    if !isLeaving { freeOutbox(slot) }
  }

  /// Records the latency of responses that were sent together, or cut together, and have no marks.
  @inline(__always)
  mutating func recordAnswers(_ outbox: Index<Outbox>) {
    guard outboxes[outbox].oldest.answers > 0 else { return }
    counters.latency.record(
      nanoseconds: now.nanoseconds - outboxes[outbox].oldest.arrivedAt.nanoseconds,
      times: outboxes[outbox].oldest.answers)
  }
}

// StatusLine: version, status and reason of a response (RFC 9112 4). Read by the parser on its way
// through a head, and by the scanner when a head comes in pieces, so that both refuse the same
// lines for the same reason.

struct StatusLine {
  var version: RequestHead.Version = .http11
  /// 100...999.
  var code: UInt16 = 200
  var reason: ByteSlice = .empty

  /// The status as which it is handled: a code beyond 599 has no class, and counts as 500 (RFC 9110 15).
  var status: Status { code <= 599 ? Status(code) : .internalServerError }

  /// Reads the line that starts at `start`, looking at no byte from `end` on.
  ///
  /// What it answers for a prefix, unless `partial`, it answers for every longer input too. Where there is no
  /// reason, the space in front of it may be missing too: servers leave it out, and nothing depends on it.
  mutating func read(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    let line = bytes.extracting(start..<end)
    guard line.count >= 13, line.word(at: 0) & ~(0xFF << 56) == Word.of("HTTP/1."), line[7].isDigit,
      line[8] == ASCII.space, line[9] &- ASCII.one < 9, line[10].isDigit, line[11].isDigit
    else {
      return readUnusual(line)
    }
    version = line[7] == ASCII.zero ? .http10 : .http11
    code = UInt16(line[9] & 0x0F) * 100 + UInt16(line[10] & 0x0F) * 10 + UInt16(line[11] & 0x0F)
    guard line[12] == ASCII.space else { return readMissingReason(line, from: start) }

    let stop = bytes.endOfText(from: start &+ 13, to: end)
    if stop == end { return .partial }
    reason = ByteSlice(from: start &+ 13, to: stop)
    return Self.readEnd(bytes, at: stop, to: end)
  }

  /// CRLF, or why not.
  private static func readEnd(_ bytes: Span<UInt8>, at stop: Int, to end: Int) -> LineOutcome {
    switch bytes[stop] {
    case ASCII.carriageReturn:
      if stop + 1 == end { return .partial }
      return bytes[stop + 1] == ASCII.lineFeed ? .complete(next: stop + 2) : .invalid(.bareCarriageReturn)
    case ASCII.lineFeed: return .invalid(.bareLineFeed)
    default: return .invalid(.malformedStatusLine)
    }
  }

  @inline(never)
  private func readMissingReason(_ line: Span<UInt8>, from start: Int) -> LineOutcome {
    switch line[12] {
    case ASCII.carriageReturn, ASCII.lineFeed:
      let outcome = Self.readEnd(line, at: 12, to: line.count)
      return if case .complete(let next) = outcome { .complete(next: start + next) } else { outcome }
    default:
      return .invalid(line[12].isDigit ? .invalidStatusCode : .malformedStatusLine)
    }
  }

  /// An incomplete line, another version, or a fault; told by the first byte that does not fit.
  @inline(never)
  private func readUnusual(_ line: Span<UInt8>) -> LineOutcome {
    let format: StaticString = "HTTP/d.d ddd"
    let pattern = format.span
    for index in pattern.indices {
      if index == line.count { return .partial }
      let byte = line[index]
      let fits = pattern[index] == 0x64 ? byte.isDigit : byte == pattern[index]
      guard fits else { return .invalid(byte == ASCII.lineFeed ? .bareLineFeed : .malformedStatusLine) }
      if index == 5, byte != ASCII.one { return .invalid(.unsupportedVersion) }
      if index == 9, byte &- ASCII.one >= 9 { return .invalid(.invalidStatusCode) }
    }
    return .partial
  }
}

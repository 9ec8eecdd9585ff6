// RequestParser: from bytes to a RequestHead in one pass. The engine calls it on what a receive brought; if
// the head is not whole, a HeadScanner follows the further bytes and the parser runs once more at the end. It
// never allocates anything, and keeps nothing but the last Host and the last head.

/// What became of a parse.
package enum ParseOutcome: Equatable, Sendable {
  /// The head is whole; `RequestHead.byteCount` bytes belong to it.
  case complete
  /// Nothing is wrong so far, but the head has not ended.
  case partial
  case invalid(WireError)
}

/// Parses request heads, RFC 9112 to the letter: where the RFC lets a recipient be lenient, it refuses.
///
/// Order of faults, the same for every way in which the bytes are split: first what is wrong with a line, in
/// the order of lines, then what the fields mean together.
package struct RequestParser: Sendable {
  package let limits: HeadLimits
  private let names = KnownFieldTable()
  private var knownHost = KnownHost()
  private var knownHead = KnownHead()

  /// Empty lines that may stand before a request line (RFC 9112 2.2 asks for one at least).
  static let leadingLineLimit = 2

  package init(limits: HeadLimits = HeadLimits()) { self.limits = limits }

  /// Parses the head that starts at the first byte.
  ///
  /// `head` and `fields` are overwritten, and mean something only after `complete` and after
  /// `invalid(.unknownExpectation)`, the one fault that leaves the connection usable. `fields` must have room
  /// for `limits.fieldCount` lines. What follows the head in `bytes` is not looked at.
  package mutating func parse(
    _ bytes: Span<UInt8>, into head: inout RequestHead, fields: inout FieldTable
  ) -> ParseOutcome {
    precondition(fields.capacity >= limits.fieldCount, "field table smaller than \(limits.fieldCount)")
    if knownHead.begins(bytes) {
      knownHead.recall(into: &head, &fields)
      return .complete
    }
    return parseAnother(bytes, into: &head, fields: &fields)
  }

  /// Any head but the one that came last.
  @inline(never)
  private mutating func parseAnother(
    _ bytes: Span<UInt8>, into head: inout RequestHead, fields: inout FieldTable
  ) -> ParseOutcome {
    fields.removeAll()
    var room = fields.room
    let outcome = parse(bytes, into: &head, lines: &room)
    if outcome == .complete || outcome == .invalid(.unknownExpectation) { fields.use(head.fieldCount) }
    return outcome
  }

  @inline(__always)
  private mutating func parse(
    _ bytes: Span<UInt8>, into head: inout RequestHead, lines: inout MutableSpan<FieldLine>
  ) -> ParseOutcome {
    let end = min(bytes.count, limits.headBytes)
    var cursor: Int
    switch Self.skipLeadingLines(bytes, to: end) {
    case .complete(let next): cursor = next
    case .partial: return .partial
    case .invalid(let error): return .invalid(error)
    }

    var line = RequestLine()
    let lineEnd = limits.requestLineEnd(from: cursor, to: end)
    switch line.read(bytes, from: cursor, to: lineEnd) {
    case .complete(let next): cursor = next
    case .partial:
      return limits.allowsMore(than: lineEnd, lineStart: cursor) ? .partial : .invalid(.requestLineTooLong)
    case .invalid(let error): return .invalid(error)
    }

    guard knownHead.stands(in: bytes, at: cursor, to: end) else {
      return parseFields(bytes, from: cursor, to: end, line, into: &head, lines: &lines)
    }
    let facts = knownHead.recall(at: cursor, into: &lines)
    let outcome = facts.finish(
      line, byteCount: cursor &+ knownHead.sectionBytes, fieldCount: knownHead.lineCount, into: &head)
    if outcome == .complete { knownHead.noteLine(head, bytes, from: cursor, lines.span, facts) }
    return outcome
  }

  /// Reads the field lines one by one.
  @inline(never)
  private mutating func parseFields(
    _ bytes: Span<UInt8>, from start: Int, to end: Int, _ line: RequestLine, into head: inout RequestHead,
    lines: inout MutableSpan<FieldLine>
  ) -> ParseOutcome {
    var cursor = start
    var facts = HeadFacts()
    var count = 0
    while true {
      // The usual end, before the more general reading that would find it too.
      if end &- cursor >= 2, bytes[cursor] == ASCII.carriageReturn, bytes[cursor &+ 1] == ASCII.lineFeed {
        let outcome = facts.finish(line, byteCount: cursor &+ 2, fieldCount: count, into: &head)
        if outcome == .complete { knownHead.note(head, bytes, from: start, lines.span, facts) }
        return outcome
      }
      let known = names.match(bytes, from: cursor, to: end)
      let outcome =
        if let known {
          FieldLine.readValue(bytes, from: cursor, colon: known.end, to: end)
        } else {
          FieldLine.read(bytes, from: cursor, to: end)
        }
      switch outcome {
      case .line(let field, let next):
        if count == limits.fieldCount { return .invalid(.tooManyFields) }
        lines[count] = field
        count &+= 1
        if let known {
          facts.known.formUnion(known.field)
          if !known.field.isDisjoint(with: .decisive) {
            facts.note(known.field, field.value, in: bytes, &knownHost)
          }
        }
        cursor = next
      case .endOfHead(let next):
        return facts.finish(line, byteCount: next, fieldCount: count, into: &head)
      case .partial:
        return end < limits.headBytes ? .partial : .invalid(.headTooLarge)
      case .invalid(let error):
        return .invalid(error)
      }
    }
  }

  /// Skips CRLFs before the request line.
  @inline(__always)
  static func skipLeadingLines(_ bytes: Span<UInt8>, to end: Int) -> LineOutcome {
    if end > 0, bytes[0] != ASCII.carriageReturn, bytes[0] != ASCII.lineFeed { return .complete(next: 0) }
    return skipSomeLeadingLines(bytes, to: end)
  }

  @inline(never)
  private static func skipSomeLeadingLines(_ bytes: Span<UInt8>, to end: Int) -> LineOutcome {
    var cursor = 0
    while cursor < end {
      if bytes[cursor] == ASCII.lineFeed { return .invalid(.bareLineFeed) }
      guard bytes[cursor] == ASCII.carriageReturn else { return .complete(next: cursor) }
      if cursor == 2 * leadingLineLimit { return .invalid(.tooManyEmptyLines) }
      if cursor + 1 == end { return .partial }
      guard bytes[cursor + 1] == ASCII.lineFeed else { return .invalid(.bareCarriageReturn) }
      cursor += 2
    }
    return .partial
  }

  /// Whether the method is HEAD, of a head that came in part or is broken further on.
  package static func beginsWithHead(_ bytes: Span<UInt8>) -> Bool {
    var start = 0
    while start < min(bytes.count, 2 * leadingLineLimit),
      bytes[start] == ASCII.carriageReturn || bytes[start] == ASCII.lineFeed
    {
      start += 1
    }
    let rest = bytes.extracting(droppingFirst: start)
    let name: StaticString = "HEAD"
    guard rest.starts(with: name.span) else { return false }
    return rest.count == name.utf8CodeUnitCount || !rest[name.utf8CodeUnitCount].isIn(ByteClass.token)
  }
}

extension HeadLimits {
  /// How far a request line that starts at `start` may be looked at.
  @inline(__always)
  func requestLineEnd(from start: Int, to end: Int) -> Int { min(end, start &+ requestLineBytes) }

  /// Whether a request line that was looked at up to `lineEnd` without finding its end may still grow.
  @inline(__always)
  func allowsMore(than lineEnd: Int, lineStart: Int) -> Bool {
    lineEnd < headBytes && lineEnd < lineStart &+ requestLineBytes
  }
}

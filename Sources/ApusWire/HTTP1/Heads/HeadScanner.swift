// HeadScanner: follows a head that comes in pieces. The engine calls it on everything it has accumulated,
// each time more arrives; it looks at every byte at most twice however small the pieces are, and the parser
// runs only once the head is whole. One per connection, eight bytes.

/// What is known of a head that came in pieces.
package enum ScanOutcome: Equatable, Sendable {
  /// The head is this many bytes long; parse it.
  case complete(byteCount: Int)
  /// Nothing is wrong so far, but the head has not ended.
  case partial
  case invalid(WireError)
}

/// Finds the end of a head and refuses what the parser would refuse because of one line: a control
/// byte or too great a length at once, other faults at the end of their line. What fields mean
/// together is the parser's business.
///
/// Each line is first searched for its end or for a byte that no line may have, and then read once by the
/// code that the parser uses: both therefore give the same reason.
package struct HeadScanner: Sendable {
  private enum Phase: UInt8 { case leadingLines, requestLine, statusLine, fieldLines }
  /// Field lines that go on in the next line (RFC 9112 5.2).
  private enum Folds: UInt8 { case refused, taken, found }

  private var lineStart: UInt16 = 0
  /// How far the search for the line's end has come.
  private var searched: UInt16 = 0
  private var fieldCount: UInt16 = 0
  private var phase: Phase
  private var folds = Folds.refused

  /// For a request's head.
  package init() { phase = .leadingLines }

  /// For a response's.
  ///
  /// - Parameter takesFolds: Folded lines are taken: the head that has some is parsed
  ///   behind `FoldedLines.unfold`.
  package init(response: Void, takesFolds: Bool = false) {
    phase = .statusLine
    if takesFolds { folds = .taken }
  }

  /// A folded line was taken.
  package var hasFolds: Bool { folds == .found }

  /// Takes all bytes of the head so far; each call gets at least the bytes of the call before.
  package mutating func scan(_ bytes: Span<UInt8>, limits: HeadLimits) -> ScanOutcome {
    let end = min(bytes.count, limits.headBytes)
    if phase == .leadingLines {
      switch RequestParser.skipLeadingLines(bytes, to: end) {
      case .complete(let next):
        startLine(at: next)
        phase = .requestLine
      case .partial: return .partial
      case .invalid(let error): return .invalid(error)
      }
    }
    if phase == .requestLine {
      if let outcome = scanRequestLine(bytes, to: end, limits) { return outcome }
    } else if phase == .statusLine {
      if let outcome = scanStatusLine(bytes, to: end, limits) { return outcome }
    }
    return scanFieldLines(bytes, to: end, limits)
  }

  /// nil once the line has ended.
  private mutating func scanRequestLine(
    _ bytes: Span<UInt8>, to end: Int, _ limits: HeadLimits
  ) -> ScanOutcome? {
    let start = Int(lineStart)
    let lineEnd = limits.requestLineEnd(from: start, to: end)
    let stop = endOfSearch(bytes, to: lineEnd)
    if stop == nil, limits.allowsMore(than: lineEnd, lineStart: start) { return .partial }
    var line = RequestLine()
    switch line.read(bytes, from: start, to: stop ?? lineEnd) {
    case .complete(let next):
      startLine(at: next)
      phase = .fieldLines
      return nil
    case .partial: return .invalid(.requestLineTooLong)
    case .invalid(let error): return .invalid(error)
    }
  }

  /// The same of a response.
  private mutating func scanStatusLine(
    _ bytes: Span<UInt8>, to end: Int, _ limits: HeadLimits
  ) -> ScanOutcome? {
    let lineEnd = limits.requestLineEnd(from: 0, to: end)
    let stop = endOfSearch(bytes, to: lineEnd)
    if stop == nil, limits.allowsMore(than: lineEnd, lineStart: 0) { return .partial }
    var line = StatusLine()
    switch line.read(bytes, from: 0, to: stop ?? lineEnd) {
    case .complete(let next):
      startLine(at: next)
      phase = .fieldLines
      return nil
    case .partial: return .invalid(.statusLineTooLong)
    case .invalid(let error): return .invalid(error)
    }
  }

  private mutating func scanFieldLines(
    _ bytes: Span<UInt8>, to end: Int, _ limits: HeadLimits
  ) -> ScanOutcome {
    while true {
      let stop = endOfSearch(bytes, to: end)
      if stop == nil, end < limits.headBytes { return .partial }
      switch FieldLine.read(bytes, from: Int(lineStart), to: stop ?? end) {
      case .line(_, let next):
        if Int(fieldCount) == limits.fieldCount { return .invalid(.tooManyFields) }
        fieldCount += 1
        startLine(at: next)
      case .endOfHead(let next): return .complete(byteCount: next)
      case .partial: return .invalid(.headTooLarge)
      case .invalid(.foldedLine) where folds != .refused && fieldCount > 0:
        if let outcome = scanFoldedLine(bytes, to: stop ?? end) { return outcome }
      case .invalid(let error): return .invalid(error)
      }
    }
  }

  /// A line that belongs to the one before, as its value does; nil once it has ended.
  private mutating func scanFoldedLine(_ bytes: Span<UInt8>, to end: Int) -> ScanOutcome? {
    // Its first blank stands where other lines have their colon.
    switch FieldLine.readValue(bytes, from: Int(lineStart), colon: Int(lineStart), to: end) {
    case .line(_, let next):
      folds = .found
      startLine(at: next)
      return nil
    case .endOfHead, .partial: return .invalid(.headTooLarge)
    case .invalid(let error): return .invalid(error)
    }
  }

  private mutating func startLine(at offset: Int) {
    lineStart = UInt16(offset)
    searched = lineStart
  }

  /// Searches on for a byte after which the line must be read: CR and the byte behind it, or one that no line
  /// has in its middle. Where to read to; nil if there is none yet.
  private mutating func endOfSearch(_ bytes: Span<UInt8>, to end: Int) -> Int? {
    var cursor = Int(searched)
    if phase == .requestLine {
      while cursor < end, bytes[cursor] &- 0x20 < 0x5F { cursor &+= 1 }
    } else {
      cursor = bytes.endOfText(from: cursor, to: end)
    }
    searched = UInt16(cursor)
    if cursor == end { return nil }
    if bytes[cursor] != ASCII.carriageReturn { return cursor + 1 }
    return cursor + 1 < end ? cursor + 2 : nil
  }
}

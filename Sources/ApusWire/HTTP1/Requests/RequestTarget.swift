// RequestTarget: the four forms of a request's target (RFC 9112 3.2) and what each needs to be well-formed.

struct RequestTarget {
  var form: RequestHead.TargetForm = .origin
  var scheme: RequestHead.Scheme = .none
  /// `host[:port]` of an absolute- or authority-form target.
  var authority: ByteSlice = .empty
  var path: ByteSlice = .empty
  var query: ByteSlice = .empty
  var hasQuery = false
  var pathNeedsNormalising = false

  /// Reads from the target's first byte to the space behind it; `complete` names the byte after that space.
  @inline(__always)
  mutating func read(_ bytes: Span<UInt8>, from start: Int, to end: Int, method: Method) -> LineOutcome {
    if start == end { return .partial }
    guard bytes[start] == ASCII.slash, method != .connect else {
      return readUnusualForm(bytes, from: start, to: end, method: method)
    }
    return readPath(bytes, from: start, to: end)
  }

  /// A path that starts with a slash, its query, and the space. Notes whether the path may
  /// differ from its normal form.
  @inline(__always)
  private mutating func readPath(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    var rest = bytes.extracting(start..<end)
    var marks = PathMarks()
    while true {
      // Zeros behind `end` look like the end of the path.
      marks.look(at: rest.firstWord)
      if marks.end != 0 { break }
      rest = rest.extracting(droppingFirst: 8)
    }
    let cursor = end &- rest.count &+ Word.bytes(before: marks.end)
    if cursor >= end { return .partial }
    path = ByteSlice(from: start, to: cursor)
    pathNeedsNormalising = marks.unusual != 0
    return readQuery(bytes, from: cursor, to: end)
  }

  /// A query if there is one, and the space behind the target.
  @inline(__always)
  private mutating func readQuery(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    var cursor = start
    if bytes[cursor] == ASCII.question {
      cursor &+= 1
      hasQuery = true
      while cursor < end, bytes[cursor].isIn(ByteClass.target) { cursor &+= 1 }
      if cursor == end { return .partial }
      query = ByteSlice(from: start &+ 1, to: cursor)
    }
    guard bytes[cursor] == ASCII.space else {
      return .invalid(RequestLine.lineEndFault(bytes[cursor], otherwise: .invalidTarget))
    }
    return .complete(next: cursor &+ 1)
  }

  /// Everything that does not start with a slash, and CONNECT. First the extent, which alone decides what a
  /// prefix can say, then the form.
  @inline(never)
  private mutating func readUnusualForm(
    _ bytes: Span<UInt8>, from start: Int, to end: Int, method: Method
  ) -> LineOutcome {
    var cursor = start
    while cursor < end, bytes[cursor].isIn(ByteClass.target) { cursor &+= 1 }
    if cursor == end { return .partial }
    guard bytes[cursor] == ASCII.space else {
      return .invalid(RequestLine.lineEndFault(bytes[cursor], otherwise: .invalidTarget))
    }
    if cursor == start { return .invalid(.missingTarget) }
    let fault =
      if method == .connect {
        takeAuthorityForm(bytes, from: start, to: cursor)
      } else if cursor == start + 1, bytes[start] == ASCII.asterisk {
        takeAsteriskForm(method)
      } else {
        takeAbsoluteForm(bytes, from: start, to: cursor)
      }
    return fault.map { .invalid($0) } ?? .complete(next: cursor + 1)
  }

  /// `*`, for OPTIONS alone (RFC 9112 3.2.4).
  private mutating func takeAsteriskForm(_ method: Method) -> WireError? {
    form = .asterisk
    return method == .options ? nil : .targetFormNotAllowed
  }

  /// `host:port`, for CONNECT alone; the port is required (RFC 9112 3.2.3).
  private mutating func takeAuthorityForm(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> WireError? {
    form = .authority
    authority = ByteSlice(from: start, to: end)
    guard let host = HostField(bytes.extracting(start..<end)), host.port != nil else {
      return .invalidAuthority
    }
    return nil
  }

  /// `http://authority/path?query` (RFC 9112 3.2.2).
  private mutating func takeAbsoluteForm(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> WireError? {
    var cursor = start
    while cursor < end, bytes[cursor] != ASCII.colon { cursor += 1 }
    guard end - cursor > 2, bytes[cursor + 1] == ASCII.slash, bytes[cursor + 2] == ASCII.slash else {
      return .targetFormNotAllowed
    }
    let name = bytes.extracting(start..<cursor)
    if name.equalsIgnoringCase("http") {
      scheme = .http
    } else if name.equalsIgnoringCase("https") {
      scheme = .https
    } else {
      return .unsupportedScheme
    }
    form = .absolute
    let authorityStart = cursor + 3
    cursor = authorityStart
    while cursor < end, bytes[cursor] != ASCII.slash, bytes[cursor] != ASCII.question { cursor += 1 }
    authority = ByteSlice(from: authorityStart, to: cursor)
    guard HostField(bytes.extracting(authorityStart..<cursor)) != nil else { return .invalidAuthority }
    // The space behind the target ends both reads below; an empty path means "/".
    if bytes[cursor] == ASCII.slash {
      _ = readPath(bytes, from: cursor, to: end + 1)
    } else {
      path = ByteSlice(from: cursor, to: cursor)
      pathNeedsNormalising = true
      _ = readQuery(bytes, from: cursor, to: end + 1)
    }
    return nil
  }
}

/// What was seen in a path, eight bytes at a time.
private struct PathMarks {
  /// Not zero once a byte came that ends a path: bit 7 of those bytes in the last word.
  var end: UInt64 = 0
  /// Not zero if there was a `%`, a backslash, `//` or `/.`.
  var unusual: UInt64 = 0
  /// Bit 7 of the lowest byte, if the word before ended in a slash.
  private var slashBefore: UInt64 = 0

  @inline(__always)
  mutating func look(at word: UInt64) {
    // Seven bits of each byte; bytes with the eighth one set end the path, so what is said
    // about them does not count.
    let low = word & ~Word.highBits
    let isVisible = low &+ Word.ones &* (0x80 - 0x21)
    let isDelete = low &+ Word.ones
    let others = Word.differs(low, from: ASCII.question) & Word.differs(low, from: ASCII.hash)
    end = (~(isVisible & others) | isDelete | word) & Word.highBits

    let notSlash = Word.differs(low, from: ASCII.slash)
    let notDot = Word.differs(low, from: ASCII.dot)
    let notEscape = Word.differs(low, from: ASCII.percent) & Word.differs(low, from: ASCII.backslash)
    let slashes = ~notSlash & Word.highBits
    let marks = (~(notSlash & notDot) & (slashes << 8 | slashBefore) | ~notEscape) & Word.highBits
    slashBefore = slashes >> 56
    // Nothing from the end on counts: below the lowest mark lie the bits that subtracting one sets.
    unusual |= marks & (end &- 1) & ~end
  }
}

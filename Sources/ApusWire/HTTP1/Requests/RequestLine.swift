// RequestLine: method, target and version (RFC 9112 3). Read by the parser on its way through a head, and by
// the scanner when a head comes in pieces, so that both refuse the same lines for the same reason.

/// What became of one line.
enum LineOutcome: Equatable {
  /// The line ended; the next one starts here.
  case complete(next: Int)
  /// Nothing is wrong so far, but the line has not ended.
  case partial
  case invalid(WireError)
}

struct RequestLine {
  /// Methods longer than this are refused. The longest registered one has 17 bytes.
  static let methodByteLimit = 32

  var method: Method = .other
  var methodSlice: ByteSlice = .empty
  var version: RequestHead.Version = .http11
  var target = RequestTarget()

  /// Reads the line that starts at `start`, looking at no byte from `end` on.
  ///
  /// What it answers for a prefix, unless `partial`, it answers for every longer input too.
  mutating func read(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    var cursor = start
    let word = bytes.word(at: start, to: end)
    let length = Word.bytes(before: Word.matches(of: ASCII.space, in: word))
    if length < 8 { method = Method(word: word & Word.mask(length), count: length) }
    if method != .other {
      cursor &+= length
    } else if let outcome = readUnusualMethod(bytes, from: start, to: end, &cursor) {
      return outcome
    }
    methodSlice = ByteSlice(from: start, to: cursor)
    cursor &+= 1

    switch target.read(bytes, from: cursor, to: end, method: method) {
    case .complete(let next): cursor = next
    case .partial: return .partial
    case .invalid(let error): return .invalid(error)
    }
    return readVersion(bytes, from: cursor, to: end)
  }

  /// A method that we do not know, or none: moves the cursor to the space behind it, unless there is a fault.
  @inline(never)
  private func readUnusualMethod(
    _ bytes: Span<UInt8>, from start: Int, to end: Int, _ cursor: inout Int
  ) -> LineOutcome? {
    while cursor < end, bytes[cursor].isIn(ByteClass.token) {
      cursor += 1
      if cursor - start > Self.methodByteLimit { return .invalid(.methodTooLong) }
    }
    if cursor == end { return .partial }
    guard bytes[cursor] == ASCII.space, cursor > start else {
      return .invalid(Self.lineEndFault(bytes[cursor], otherwise: .invalidMethod))
    }
    return nil
  }

  /// `HTTP/1.1 CRLF`; the cursor is behind the space.
  @inline(__always)
  private mutating func readVersion(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    let rest = bytes.extracting(start..<end)
    if rest.count >= 10, rest.word(at: 0) & ~(0xFF << 56) == Word.of("HTTP/1."), rest[7].isDigit,
      rest[8] == ASCII.carriageReturn, rest[9] == ASCII.lineFeed
    {
      version = rest[7] == ASCII.zero ? .http10 : .http11
      return .complete(next: start &+ 10)
    }
    return readUnusualVersion(bytes, from: start, to: end)
  }

  /// An incomplete line, another major version, or a fault.
  @inline(never)
  private func readUnusualVersion(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> LineOutcome {
    let format: StaticString = "HTTP/d.d\r\n"
    let pattern = format.span
    for index in pattern.indices {
      if start + index == end { return .partial }
      let byte = bytes[start + index]
      if pattern[index] == 0x64 ? byte.isDigit : byte == pattern[index] { continue }
      if index == 9 { return .invalid(.bareCarriageReturn) }
      return .invalid(index == 8 && byte == ASCII.lineFeed ? .bareLineFeed : .malformedVersion)
    }
    return .invalid(.unsupportedVersion)
  }

  /// A line that ended before its time gets the plainer reason.
  static func lineEndFault(_ byte: UInt8, otherwise error: WireError) -> WireError {
    switch byte {
    case ASCII.lineFeed: .bareLineFeed
    case ASCII.carriageReturn: error == .invalidMethod ? .missingTarget : .malformedVersion
    default: error
    }
  }
}

// Reading one field line (RFC 9112 5). Shared by the parser and the scanner, see RequestLine.

/// What stands where a field line may start.
enum FieldLineOutcome {
  case line(FieldLine, next: Int)
  /// The empty line: the head is `next` bytes long.
  case endOfHead(next: Int)
  case partial
  case invalid(WireError)
}

extension FieldLine {
  /// Reads the line that starts at `start`, looking at no byte from `end` on.
  ///
  /// What it answers for a prefix, unless `partial`, it answers for every longer input too.
  @inline(__always)
  static func read(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> FieldLineOutcome {
    var cursor = start
    while cursor < end, bytes[cursor].isIn(ByteClass.token) { cursor &+= 1 }
    if cursor == end { return .partial }
    guard bytes[cursor] == ASCII.colon, cursor > start else {
      return readUnusualStart(bytes, from: start, stop: cursor, to: end)
    }
    return readValue(bytes, from: start, colon: cursor, to: end)
  }

  /// Reads on from the colon of a line whose name is a token.
  @inline(__always)
  static func readValue(
    _ bytes: Span<UInt8>, from start: Int, colon: Int, to end: Int
  ) -> FieldLineOutcome {
    var cursor = colon &+ 1
    while cursor < end, bytes[cursor].isBlank { cursor &+= 1 }
    let valueStart = cursor
    cursor = bytes.endOfText(from: cursor, to: end)
    // CR and LF must both be there before the line means anything.
    guard end &- cursor >= 2, bytes[cursor] == ASCII.carriageReturn, bytes[cursor &+ 1] == ASCII.lineFeed
    else {
      return readIncompleteEnd(bytes, from: cursor, to: end)
    }
    var valueEnd = cursor
    while valueEnd > valueStart, bytes[valueEnd &- 1].isBlank { valueEnd &-= 1 }
    let line = FieldLine(
      name: ByteSlice(from: start, to: colon), value: ByteSlice(from: valueStart, to: valueEnd))
    return .line(line, next: cursor &+ 2)
  }

  /// Not a token and a colon: the empty line, or a fault.
  @inline(never)
  private static func readUnusualStart(
    _ bytes: Span<UInt8>, from start: Int, stop: Int, to end: Int
  ) -> FieldLineOutcome {
    let byte = bytes[stop]
    if stop == start, byte == ASCII.carriageReturn {
      if stop + 1 == end { return .partial }
      return bytes[stop + 1] == ASCII.lineFeed ? .endOfHead(next: stop + 2) : .invalid(.bareCarriageReturn)
    }
    let fault: WireError =
      switch byte {
      case ASCII.lineFeed: .bareLineFeed
      case ASCII.colon: .emptyFieldName
      case ASCII.space, ASCII.tab: stop == start ? .foldedLine : .spaceBeforeColon
      case ASCII.carriageReturn: .missingColon
      default: .invalidFieldName
      }
    return .invalid(fault)
  }

  /// The value stopped at `stop`, but not at CRLF.
  @inline(never)
  private static func readIncompleteEnd(_ bytes: Span<UInt8>, from stop: Int, to end: Int) -> FieldLineOutcome
  {
    if stop == end { return .partial }
    if bytes[stop] == ASCII.carriageReturn {
      return stop + 1 == end ? .partial : .invalid(.bareCarriageReturn)
    }
    return .invalid(bytes[stop] == ASCII.lineFeed ? .bareLineFeed : .invalidFieldValue)
  }
}

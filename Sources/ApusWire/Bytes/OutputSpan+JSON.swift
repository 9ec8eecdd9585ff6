// Text as JSON writes it (RFC 8259 section 7): the per-byte part of the JSON writer. Strings of
// Swift are well-formed UTF-8, so only quotes, backslashes and control characters need care;
// everything else stands for itself.

extension Span where Element == UInt8 {
  /// The first offset from `start` on of a byte that JSON escapes; `count` if there is none.
  package func endOfPlainJSON(from start: Int = 0) -> Int {
    var cursor = start
    while cursor &+ 8 <= count {
      let word = word(at: cursor)
      let marks =
        Word.controls(in: word) | Word.matches(of: ASCII.quote, in: word)
        | Word.matches(of: ASCII.backslash, in: word)
      if marks != 0 { return cursor &+ Word.bytes(before: marks) }
      cursor &+= 8
    }
    while cursor < count {
      let byte = self[cursor]
      if byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash { return cursor }
      cursor &+= 1
    }
    return count
  }
}

extension OutputSpan where Element == UInt8 {
  /// The most bytes that one byte of text becomes.
  package static var jsonExpansion: Int { 6 }

  /// Appends `text` with escapes, without quotes around it; at most `jsonExpansion` times as long.
  @_lifetime(self: copy self)
  package mutating func append(escapingJSON text: Span<UInt8>) {
    var start = 0
    while start < text.count {
      let end = text.endOfPlainJSON(from: start)
      append(copying: text.extracting(start..<end))
      if end == text.count { return }
      append(jsonEscape: text[end])
      start = end + 1
    }
  }

  @_lifetime(self: copy self)
  private mutating func append(jsonEscape byte: UInt8) {
    switch byte {
    case ASCII.quote: append(ascii: "\\\"")
    case ASCII.backslash: append(ascii: "\\\\")
    case ASCII.lineFeed: append(ascii: "\\n")
    case ASCII.carriageReturn: append(ascii: "\\r")
    case ASCII.tab: append(ascii: "\\t")
    default:
      append(ascii: "\\u00")
      append(byte >> 4 &+ ASCII.zero)
      append(byte & 0xF < 10 ? byte & 0xF &+ ASCII.zero : byte & 0xF &+ 0x57)
    }
  }
}

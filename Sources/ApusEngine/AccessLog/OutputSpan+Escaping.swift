// Escapes values from a peer: they can end neither their quotes nor their line, and a terminal that shows the
// log interprets none of their control bytes.

import ApusWire

extension OutputSpan where Element == UInt8 {
  /// Appends `value` for a quoted string of the common formats: `\"`, `\\`, and `\xHH` for all but visible
  /// ASCII. At most `limit` bytes; a longer value is cut and ends in three dots.
  @_lifetime(self: copy self)
  mutating func append(quoted value: Span<UInt8>, limit: Int) {
    let end = count + limit - 3
    if appendPlain(value, limit - 3) { return }
    for index in value.indices {
      let byte = value[index]
      let isPlain = byte &- 0x20 < 0x5F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      let isVisible = byte &- 0x20 < 0x5F
      guard count + (isPlain ? 1 : isVisible ? 2 : 4) <= end else {
        append(ascii: "...")
        return
      }
      if isPlain {
        append(byte)
      } else if isVisible {
        append(UInt8(ascii: "\\"))
        append(byte)
      } else {
        append(ascii: "\\x")
        append(hex: byte)
      }
    }
  }

  /// Appends `value` for a JSON string (RFC 8259 section 7): well-formed UTF-8 unchanged, any other byte as
  /// if it were Latin-1. At most `limit` bytes; a longer value is cut between characters and ends in three
  /// dots.
  @_lifetime(self: copy self)
  mutating func append(json value: Span<UInt8>, limit: Int) {
    let end = count + limit - 3
    if appendPlain(value, limit - 3) { return }
    var index = 0
    while index < value.count {
      let byte = value[index]
      let length = byte < 0x80 ? 0 : Self.sequenceLength(value, at: index)
      let isVisible = byte &- 0x20 < 0x5F
      let isPlain = isVisible && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
      guard count + (length > 0 ? length : isPlain ? 1 : isVisible ? 2 : 6) <= end else {
        append(ascii: "...")
        return
      }
      if length > 0 {
        append(copying: value.extracting(index..<index + length))
        index += length
        continue
      }
      if isPlain {
        append(byte)
      } else if isVisible {
        append(UInt8(ascii: "\\"))
        append(byte)
      } else {
        append(ascii: "\\u00")
        append(hex: byte)
      }
      index += 1
    }
  }

  /// Appends a value that needs no escape and no cut, as most do; else returns false.
  @_lifetime(self: copy self)
  private mutating func appendPlain(_ value: Span<UInt8>, _ limit: Int) -> Bool {
    guard value.count <= limit else { return false }
    for index in value.indices {
      let byte = value[index]
      if byte &- 0x20 >= 0x5F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return false }
    }
    append(copying: value)
    return true
  }

  @_lifetime(self: copy self)
  private mutating func append(hex byte: UInt8) {
    append(hexDigit: byte >> 4)
    append(hexDigit: byte & 0x0F)
  }

  @_lifetime(self: copy self)
  mutating func append(hexDigit digit: UInt8) {
    append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
  }

  /// Bytes of the UTF-8 sequence at `index`, 2 to 4; 0 if it is malformed or a C1 control (Unicode, table
  /// 3-7).
  private static func sequenceLength(_ value: Span<UInt8>, at index: Int) -> Int {
    let first = value[index]
    let length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
    guard length > 0, index + length <= value.count else { return 0 }
    for next in index + 1..<index + length where value[next] & 0xC0 != 0x80 { return 0 }
    let second = value[index + 1]
    switch first {
    case 0xC2 where second < 0xA0: return 0  // U+0080 to U+009F
    case 0xE0 where second < 0xA0: return 0  // longer than needed
    case 0xED where second > 0x9F: return 0  // surrogates
    case 0xF0 where second < 0x90: return 0  // longer than needed
    case 0xF4 where second > 0x8F: return 0  // above U+10FFFF
    default: return length
    }
  }
}

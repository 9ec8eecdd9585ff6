// HostField: `uri-host [ ":" port ]`, the value of Host and the authority of a target.

/// A host with its port, checked (RFC 9110 7.2, RFC 3986 3.2.2).
///
/// Narrower than the grammar on purpose: a name of `unreserved` bytes without empty labels, or an IPv6
/// literal in brackets. Userinfo, sub-delimiters (a comma most of all: it is what two joined Host lines
/// look like) and percent-encoding are refused, since no client needs them and each has been used to
/// make two parsers disagree.
package struct HostField: Equatable, Sendable {
  /// Where the name ends, relative to the start of the value.
  package let nameCount: Int
  /// nil if there is none, or only a colon.
  package let port: UInt16?

  /// nil if the value is empty or malformed.
  package init?(_ value: Span<UInt8>) {
    let end = Self.nameEnd(value)
    guard end > 0 else { return nil }
    nameCount = end
    if end == value.count {
      port = nil
      return
    }
    let digits = value.extracting(droppingFirst: end)
    guard digits[0] == ASCII.colon, digits.count <= 6 else { return nil }
    var number: UInt32 = 0
    for index in 1..<digits.count {
      guard digits[index].isDigit else { return nil }
      number = number &* 10 &+ UInt32(digits[index] & 0x0F)
    }
    guard number <= 65_535 else { return nil }
    port = digits.count == 1 ? nil : UInt16(truncatingIfNeeded: number)
  }

  /// The end of the name or literal, 0 if there is none. Two dots in a row, or one in
  /// front, leave an empty label.
  @inline(__always)
  private static func nameEnd(_ value: Span<UInt8>) -> Int {
    var cursor = 0
    var wasDot = true
    while cursor < value.count {
      let byte = value[cursor]
      if byte.isIn(ByteClass.hostLabel) {
        wasDot = false
      } else if byte == ASCII.dot {
        if wasDot { return 0 }
        wasDot = true
      } else {
        break
      }
      cursor &+= 1
    }
    return cursor == 0 && !value.isEmpty && value[0] == ASCII.openBracket ? literalEnd(value) : cursor
  }

  /// `[` hex digits, colons and dots `]`, with two colons at least.
  @inline(never)
  private static func literalEnd(_ value: Span<UInt8>) -> Int {
    var cursor = 1
    var colons = 0
    while cursor < value.count, value[cursor] != ASCII.closeBracket {
      let byte = value[cursor]
      guard byte.isIn(ByteClass.hexDigit) || byte == ASCII.colon || byte == ASCII.dot else { return 0 }
      if byte == ASCII.colon { colons += 1 }
      cursor += 1
    }
    guard cursor < value.count, colons >= 2, cursor <= 46 else { return 0 }
    return cursor + 1
  }
}

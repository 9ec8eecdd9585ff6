// HostField: `uri-host [ ":" port ]`, the value of Host and the authority of a target.

/// A host with its port, checked (RFC 9110 7.2, RFC 3986 3.2.2).
///
/// Narrower than the grammar on purpose: a name of `unreserved` bytes without empty labels, or an IPv6 literal in
/// brackets. Userinfo, sub-delimiters (a comma most of all: it is what two joined Host lines look like) and
/// percent-encoding are refused, since no client needs them and each has been used to make two parsers disagree.
package struct HostField: Equatable, Sendable {
  /// Where the name ends, relative to the start of the value.
  package let nameCount: Int
  /// nil if there is none, or only a colon.
  package let port: UInt16?

  /// nil if the value is empty or malformed.
  package init?(_ value: Span<UInt8>) {
    guard let end = Self.nameEnd(value) else { return nil }
    nameCount = end
    if end == value.count {
      port = nil
      return
    }
    guard value[end] == ASCII.colon, value.count - end <= 6 else { return nil }
    var number: UInt32 = 0
    for index in end + 1..<value.count {
      guard value[index].isDigit else { return nil }
      number = number * 10 + UInt32(value[index] & 0x0F)
    }
    guard number <= 65_535 else { return nil }
    port = value.count == end + 1 ? nil : UInt16(number)
  }

  /// The end of the name or literal, nil if there is none.
  private static func nameEnd(_ value: Span<UInt8>) -> Int? {
    if value.isEmpty { return nil }
    if value[0] == ASCII.openBracket { return literalEnd(value) }
    var cursor = 0
    var labelStart = 0
    while true {
      while cursor < value.count, value[cursor].isIn(ByteClass.hostLabel) { cursor += 1 }
      if cursor == value.count || value[cursor] != ASCII.dot { return cursor == 0 ? nil : cursor }
      if cursor == labelStart { return nil }
      cursor += 1
      labelStart = cursor
    }
  }

  /// `[` hex digits, colons and dots `]`, with two colons at least.
  private static func literalEnd(_ value: Span<UInt8>) -> Int? {
    var cursor = 1
    var colons = 0
    while cursor < value.count, value[cursor] != ASCII.closeBracket {
      let byte = value[cursor]
      guard byte.isIn(ByteClass.hexDigit) || byte == ASCII.colon || byte == ASCII.dot else { return nil }
      if byte == ASCII.colon { colons += 1 }
      cursor += 1
    }
    guard cursor < value.count, colons >= 2, cursor <= 46 else { return nil }
    return cursor + 1
  }
}

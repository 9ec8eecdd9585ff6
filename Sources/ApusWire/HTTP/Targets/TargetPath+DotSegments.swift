// Dot segments: those of a path as it came, for whoever hands it on so; and those that are none to us and may
// be to a server behind, which decodes more than once, or takes what is encoded for a separator.

extension TargetPath {
  /// Some segment of a path as it came means `.` or `..`, escaped or not; of `leadingUp`, `..` alone.
  package static func hasDotSegment(_ raw: Span<UInt8>, leadingUp: Bool = false) -> Bool {
    let sought = leadingUp ? 2...2 : 1...2
    var dots = 0
    var isOther = false
    var cursor = 0
    while cursor < raw.count {
      let byte = raw[cursor]
      if byte == ASCII.slash {
        if sought.contains(dots), !isOther { return true }
        dots = 0
        isOther = false
      } else if byte == ASCII.dot {
        dots += 1
      } else if byte == ASCII.percent, cursor + 2 < raw.count, raw[cursor + 1] == UInt8(ascii: "2"),
        raw[cursor + 2].lowercased == UInt8(ascii: "e")
      {
        dots += 1
        cursor += 2
      } else {
        isOther = true
      }
      cursor += 1
    }
    return sought.contains(dots) && !isOther
  }

  /// A decoded byte that is a separator to some, or begins an overlong form of one or of a dot.
  @inline(__always)
  static func mayHideDots(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.slash, ASCII.backslash, 0xC0, 0xC1, 0xE0, 0xF0: true
    default: false
    }
  }

  /// A part of the segment, between encoded slashes, backslashes and the segment's ends, is `.` or `..`.
  /// `segment` is decoded once, but for what stays escaped.
  static func hidesDotSegment(_ segment: Span<UInt8>) -> Bool {
    var dots = 0
    var isOther = false
    var cursor = 0
    while cursor < segment.count {
      let (character, length) = character(of: segment, at: cursor)
      cursor += length
      switch character {
      case ASCII.dot: dots += 1
      case ASCII.slash, ASCII.backslash:
        if !isOther, (1...2).contains(dots) { return true }
        dots = 0
        isOther = false
      default: isOther = true
      }
    }
    return !isOther && (1...2).contains(dots)
  }

  /// The ASCII character at `index` and its bytes, as a reader has it that lets overlong forms pass (RFC 3629
  /// section 10); any other byte stands for itself.
  private static func character(of segment: Span<UInt8>, at index: Int) -> (UInt8, length: Int) {
    func isEscapedSlash() -> Bool {
      index + 2 < segment.count && segment[index + 1] == UInt8(ascii: "2")
        && segment[index + 2] == UInt8(ascii: "F")
    }
    let length: Int
    switch segment[index] {
    case ASCII.percent: return isEscapedSlash() ? (ASCII.slash, 3) : (ASCII.percent, 1)
    case 0xC0, 0xC1: length = 2
    case 0xE0: length = 3
    case 0xF0: length = 4
    default: return (segment[index], 1)
    }
    guard index + length <= segment.count else { return (segment[index], 1) }
    // Of the first byte's own bits an overlong form of ASCII has one at most.
    var value: UInt32 = segment[index] == 0xC1 ? 1 : 0
    for offset in index + 1..<index + length {
      guard segment[offset] & 0xC0 == 0x80 else { return (segment[index], 1) }
      value = value << 6 | UInt32(segment[offset] & 0x3F)
    }
    return value < 0x80 ? (UInt8(value), length) : (segment[index], 1)
  }
}

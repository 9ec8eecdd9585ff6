// Looking at eight bytes at a time. A head is mostly field values, and a value is mostly visible ASCII.

/// Eight bytes, the first one lowest.
enum Word {
  static let ones: UInt64 = 0x0101_0101_0101_0101
  static let highBits: UInt64 = 0x8080_8080_8080_8080
  /// Bit 5 of each byte, which folds letters to lower case.
  static let caseBits: UInt64 = 0x2020_2020_2020_2020

  /// A literal of at most eight bytes; a constant once compiled.
  @inline(__always)
  static func of(_ text: StaticString) -> UInt64 {
    let bytes = text.span
    var word: UInt64 = 0
    var index = 0
    while index < bytes.count {
      word |= UInt64(bytes[index]) << UInt64(truncatingIfNeeded: index &* 8)
      index &+= 1
    }
    return word
  }

  /// Bit 7 of each byte that equals `byte`; exact up to and including the lowest one.
  @inline(__always)
  static func matches(of byte: UInt8, in word: UInt64) -> UInt64 {
    let difference = word ^ (ones &* UInt64(byte))
    return (difference &- ones) & ~difference & highBits
  }

  /// Bit 7 of each byte that is below 0x20; exact up to and including the lowest one.
  @inline(__always)
  static func controls(in word: UInt64) -> UInt64 {
    (word &- ones &* 0x20) & ~word & highBits
  }

  /// Zero if all bytes are 0x20 to 0x7E; which of them are not, it does not say.
  @inline(__always)
  static func unusual(in word: UInt64) -> UInt64 {
    ((word &- ones &* 0x20) | (word &+ ones) | word) & highBits
  }

  /// Bit 7 of each byte that is not `byte`, for a word of seven-bit bytes; exact for all
  /// eight. Other bits are noise.
  @inline(__always)
  static func differs(_ low: UInt64, from byte: UInt8) -> UInt64 {
    (low ^ (ones &* UInt64(byte))) &+ ~highBits
  }

  /// How many bytes lie below the lowest mark; 8 without any.
  @inline(__always)
  static func bytes(before marks: UInt64) -> Int { marks.trailingZeroBitCount >> 3 }

  /// The lowest `count` bytes, 0...8.
  @inline(__always)
  static func mask(_ count: Int) -> UInt64 {
    count == 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: count &* 8)) &- 1
  }
}

extension Span where Element == UInt8 {
  /// The eight bytes from `start` on. One check of bounds; the eight loads become one.
  @inline(__always)
  func word(at start: Int) -> UInt64 {
    let part = extracting(droppingFirst: start)
    precondition(part.count >= 8, "word at \(start) of \(count)")
    let low =
      UInt64(part[0]) | UInt64(part[1]) << 8 | UInt64(part[2]) << 16 | UInt64(part[3]) << 24
    let high =
      UInt64(part[4]) << 32 | UInt64(part[5]) << 40 | UInt64(part[6]) << 48 | UInt64(part[7]) << 56
    return low | high
  }

  /// Four bytes from `start` on, likewise.
  @inline(__always)
  private func halfWord(at start: Int) -> UInt32 {
    let part = extracting(droppingFirst: start)
    precondition(part.count >= 4, "half a word at \(start) of \(count)")
    return UInt32(part[0]) | UInt32(part[1]) << 8 | UInt32(part[2]) << 16 | UInt32(part[3]) << 24
  }

  /// The same, with zeros for what lies at or behind `end`.
  @inline(__always)
  func word(at start: Int, to end: Int) -> UInt64 {
    extracting(start..<end).firstWord
  }

  /// The first eight bytes, with zeros for what is not there.
  @inline(__always)
  var firstWord: UInt64 { count >= 8 ? word(at: 0) : partialWord }

  private var partialWord: UInt64 {
    @inline(never)
    get {
      guard count >= 4 else {
        var word: UInt64 = 0
        for index in indices { word |= UInt64(self[index]) << UInt64(truncatingIfNeeded: index &* 8) }
        return word
      }
      // The first four bytes and the last four, which may overlap.
      let last = UInt64(halfWord(at: count &- 4))
      return UInt64(halfWord(at: 0)) | last << UInt64(truncatingIfNeeded: (count &- 4) &* 8)
    }
  }

  /// The first offset from `start` on, before `end`, at which a control byte other than
  /// HTAB stands; `end` if none.
  @inline(__always)
  func endOfText(from start: Int, to end: Int) -> Int {
    var cursor = start
    while cursor < end {
      cursor = firstControl(from: cursor, to: end)
      if cursor == end || !self[cursor].isIn(ByteClass.text) { return cursor }
      cursor &+= 1
    }
    return cursor
  }

  /// The first control byte in the words that fit before `end`, or where the last of those words ends.
  ///
  /// The span shrinks from the front: to take eight bytes off it costs no check that the
  /// loop has not made already.
  @inline(__always)
  private func firstControl(from start: Int, to end: Int) -> Int {
    var rest = extracting(start..<end)
    while rest.count >= 16 {
      let first = rest.word(at: 0)
      let second = rest.word(at: 8)
      if Word.unusual(in: first) | Word.unusual(in: second) != 0 {
        let offset = Word.bytes(before: Self.stops(in: first))
        if offset < 8 { return end &- rest.count &+ offset }
        let next = Word.bytes(before: Self.stops(in: second))
        if next < 8 { return end &- rest.count &+ 8 &+ next }
      }
      rest = rest.extracting(droppingFirst: 16)
    }
    let cursor = end &- rest.count
    return rest.count >= 8 ? cursor &+ Word.bytes(before: Self.stops(in: rest.word(at: 0))) : cursor
  }

  @inline(__always)
  private static func stops(in word: UInt64) -> UInt64 {
    Word.controls(in: word) | Word.matches(of: ASCII.delete, in: word)
  }
}

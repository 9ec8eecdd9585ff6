// Scanning eight bytes at a time. A head is mostly field values, and a value is mostly visible ASCII.

extension Span where Element == UInt8 {
  /// The eight bytes from `start` on, the first one lowest. One check of bounds; the eight loads become one.
  @inline(__always)
  func word(at start: Int) -> UInt64 {
    let part = extracting(start..<start &+ 8)
    let low =
      UInt64(part[0]) | UInt64(part[1]) << 8 | UInt64(part[2]) << 16 | UInt64(part[3]) << 24
    let high =
      UInt64(part[4]) << 32 | UInt64(part[5]) << 40 | UInt64(part[6]) << 48 | UInt64(part[7]) << 56
    return low | high
  }

  /// The first offset from `start` on, before `end`, at which a control byte other than HTAB stands; `end` if none.
  @inline(__always)
  func endOfText(from start: Int, to end: Int) -> Int {
    var cursor = start
    while cursor < end {
      while end &- cursor >= 8 {
        let stops = Self.controls(in: word(at: cursor))
        if stops != 0 {
          cursor &+= stops.trailingZeroBitCount >> 3
          break
        }
        cursor &+= 8
      }
      if cursor == end || !self[cursor].isIn(ByteClass.text) { return cursor }
      cursor &+= 1
    }
    return cursor
  }

  /// Bit 7 of each byte that is below 0x20 or is 0x7F; exact up to and including the lowest one.
  @inline(__always)
  private static func controls(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let isLow = (word &- ones &* 0x20) & ~word
    let difference = word ^ (ones &* 0x7F)
    let isDelete = (difference &- ones) & ~difference
    return (isLow | isDelete) & (ones &* 0x80)
  }
}

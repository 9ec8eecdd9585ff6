// What JSONBuffer does to bytes: texts eight at a time, numbers two digits at a time. Every pointer here has the room that
// `room` found.

extension JSONBuffer {
  /// Copies a text in which nothing is to be escaped; false if something is. Writes at most seven bytes too many.
  @inline(__always)
  static func copyPlain(_ source: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) -> Bool {
    let target = UnsafeMutableRawPointer(target)
    let count = source.count
    guard count >= 8 else { return unsafe copyShort(source, to: target) }
    // Safety, here and below: eight bytes of the text, and as much room.
    let first = unsafe source.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
    unsafe target.storeBytes(of: first, as: UInt64.self)
    var marks = escapes(in: first)
    if count > 16 {
      var index = 8
      while index &+ 8 < count {
        let word = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        marks |= escapes(in: word)
        unsafe target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
        index &+= 8
      }
    }
    // The last eight, which may overlap what was copied already.
    let word = unsafe source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
    marks |= escapes(in: word)
    unsafe target.storeBytes(of: word, toByteOffset: count &- 8, as: UInt64.self)
    return marks == 0
  }

  /// The same for fewer than eight bytes.
  @inline(__always)
  private static func copyShort(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Bool
  {
    let count = source.count
    var word: UInt64
    if count >= 4 {
      let low = unsafe UInt64(source.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
      let high = unsafe UInt64(source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
      word = low | high &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
    } else {
      guard count > 0 else { return true }
      word = unsafe UInt64(source[0])
      if count > 1 { word |= unsafe UInt64(source[1]) &<< 8 }
      if count > 2 { word |= unsafe UInt64(source[2]) &<< 16 }
    }
    unsafe target.storeBytes(of: word, as: UInt64.self)
    // What is not there counts as blanks.
    return escapes(in: word | 0x2020_2020_2020_2020 &<< UInt64(truncatingIfNeeded: count &* 8)) == 0
  }

  /// Not zero if any byte is below 0x20, a quotation mark or a backslash.
  @inline(__always)
  private static func escapes(in word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    return ((word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes)
      & 0x8080_8080_8080_8080
  }

  @inline(__always)
  static func store(_ bytes: UInt16, at target: UnsafeMutablePointer<UInt8>) {
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: bytes, as: UInt16.self)
  }

  /// Two digits of a number below 100, the first in the low byte.
  @inline(__always)
  static func pair(_ number: UInt) -> UInt16 {
    let tens = (number &* 103) &>> 10
    return UInt16(truncatingIfNeeded: 0x3030 | tens | (number &- tens &* 10) &<< 8)
  }

  /// Writes the digits of a number, at most 20; answers how many.
  @inline(__always)
  static func write(_ number: UInt, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard number < 10_000 else { return unsafe writeLong(number, to: target) }
    if number < 100 {
      let both = pair(number)
      unsafe store(number < 10 ? both &>> 8 : both, at: target)
      return number < 10 ? 1 : 2
    }
    let (high, low) = number.quotientAndRemainder(dividingBy: 100)
    let both = pair(high)
    unsafe store(high < 10 ? both &>> 8 : both, at: target)
    let count = high < 10 ? 1 : 2
    unsafe store(pair(low), at: target + count)
    return count &+ 2
  }

  @inline(never)
  private static func writeLong(_ number: UInt, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var digits = 5
    var bound: UInt = 100_000
    while digits < 20, number >= bound {
      digits &+= 1
      bound = bound &* 10
    }
    var rest = number
    var index = digits
    while index >= 2 {
      let (quotient, low) = rest.quotientAndRemainder(dividingBy: 100)
      index &-= 2
      unsafe store(pair(low), at: target + index)
      rest = quotient
    }
    if index == 1 { unsafe target.pointee = 0x30 &+ UInt8(truncatingIfNeeded: rest) }
    return digits
  }
}

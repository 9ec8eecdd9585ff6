// What JSONBuffer does to bytes: texts eight at a time, numbers two digits at a time. Every pointer here has the room that
// `room` found.

extension JSONBuffer {
  /// Copies a text in which nothing is to be escaped; false if something is.
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
    if count >= 4 {
      // Two halves that may overlap.
      let low = unsafe source.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      let high = unsafe source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      unsafe target.storeBytes(of: low, as: UInt32.self)
      unsafe target.storeBytes(of: high, toByteOffset: count &- 4, as: UInt32.self)
      return escapes(in: UInt64(low) | UInt64(high) &<< 32) == 0
    }
    guard let bytes = source.baseAddress, count > 0 else { return true }
    // The first, the one in the middle and the last: all of one, two or three.
    let first = unsafe bytes.load(as: UInt8.self)
    let middle = unsafe bytes.load(fromByteOffset: count &>> 1, as: UInt8.self)
    let last = unsafe bytes.load(fromByteOffset: count &- 1, as: UInt8.self)
    unsafe target.storeBytes(of: first, as: UInt8.self)
    unsafe target.storeBytes(of: middle, toByteOffset: count &>> 1, as: UInt8.self)
    unsafe target.storeBytes(of: last, toByteOffset: count &- 1, as: UInt8.self)
    return isPlain(first) && isPlain(middle) && isPlain(last)
  }

  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x22 && byte != 0x5C }

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

  /// Writes a number of no more than three decimals and fifteen digits, at most 18 bytes, and answers how many; 0 for another. No
  /// two of these are the same number, so one that reads back as `number` is the shortest that does.
  @inline(__always)
  static func writeShort(_ number: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
    // Not NaN, not -0.
    guard number.magnitude < 1e12, number.bitPattern != 1 &<< 63 else { return 0 }
    // Rounded to a whole number by adding one so large that its last bit counts ones: it is then what the low bits say.
    let large = 0x1.8p52
    let sum = number * 1000 + large
    guard (sum - large) / 1000 == number else { return 0 }
    let thousandths = Int64(bitPattern: sum.bitPattern) &- Int64(bitPattern: large.bitPattern)
    unsafe target.pointee = UInt8(ascii: "-")
    var used = thousandths < 0 ? 1 : 0
    let (whole, fraction) = UInt(thousandths.magnitude).quotientAndRemainder(dividingBy: 1000)
    used &+= unsafe write(whole, to: target + used)
    if fraction > 0 {
      let (tenths, rest) = fraction.quotientAndRemainder(dividingBy: 100)
      unsafe store(0x302E &+ UInt16(truncatingIfNeeded: tenths) &<< 8, at: target + used)
      unsafe store(pair(rest), at: target + used + 2)
      used &+= rest == 0 ? 2 : rest % 10 == 0 ? 3 : 4
    }
    return used
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

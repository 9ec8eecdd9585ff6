// Numbers as JSON has them. All digits of a number are worked out at once, in the lanes of one word; leading
// zeros are shifted out of it. Every pointer here has `numberBytes` of room.

// Safety: a target has `numberBytes` of room, which its caller found; that is the longest
// number and a word beyond it.
extension JSONBuffer {
  /// The digits of a number below 10,000 as numbers, the first in the lowest byte.
  @inline(__always)
  private static func fourDigits(_ number: UInt32) -> UInt32 {
    let hundreds = (number &* 5243) &>> 19
    let pairs = hundreds | (number &- hundreds &* 100) &<< 16
    let tens = (pairs &* 103) &>> 10 & 0x000F_000F
    return tens | (pairs &- tens &* 10) &<< 8
  }

  /// The same for two of them, one behind the other.
  @inline(__always)
  private static func eightDigits(_ first: UInt32, _ second: UInt32) -> UInt64 {
    let fours = UInt64(first) | UInt64(second) &<< 32
    let hundreds = (fours &* 5243) &>> 19 & 0x0000_007F_0000_007F
    let pairs = hundreds | (fours &- hundreds &* 100) &<< 16
    let tens = (pairs &* 103) &>> 10 & 0x000F_000F_000F_000F
    return tens | (pairs &- tens &* 10) &<< 8
  }

  /// Bits of the zeros that lead the four digits of a number, the last of which stands in any case. By the
  /// number, not by its digits: whatever is written behind waits for this.
  @inline(__always)
  private static func leadingZeros(of number: UInt32) -> UInt64 {
    (number < 1000 ? 8 : 0) &+ (number < 100 ? 8 : 0) &+ (number < 10 ? 8 : 0)
  }

  /// Writes a number of four digits or fewer and its comma, and answers how many bytes; nil for another.
  @inline(__always)
  static func writeShort(_ number: Int, to target: UnsafeMutablePointer<UInt8>) -> Int? {
    guard UInt(bitPattern: number) < 10_000 else { return nil }
    let number = UInt32(truncatingIfNeeded: number)
    let zeros = leadingZeros(of: number)
    let text = (UInt64(fourDigits(number)) | 0x2C_3030_3030) &>> zeros
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: text, as: UInt64.self)
    return 5 &- Int(zeros &>> 3)
  }

  /// Writes the digits of a number, at most 20, and answers how many.
  static func write(_ number: UInt, to target: UnsafeMutablePointer<UInt8>) -> Int {
    let bytes = UnsafeMutableRawPointer(target)
    let zeros: UInt64 = 0x3030_3030_3030_3030
    var rest = number
    var before = 0
    if number >= 100_000_000 {
      let high = number / 100_000_000
      before = unsafe write(high, to: target)
      rest = number &- high &* 100_000_000
    }
    let (first, second) = rest.quotientAndRemainder(dividingBy: 10_000)
    let digits = eightDigits(UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
    if before > 0 {
      unsafe bytes.storeBytes(of: digits | zeros, toByteOffset: before, as: UInt64.self)
      return before &+ 8
    }
    let leading = UInt64((digits | 1 &<< 56).trailingZeroBitCount) & 56
    unsafe bytes.storeBytes(of: (digits | zeros) &>> leading, as: UInt64.self)
    return 8 &- Int(leading &>> 3)
  }

  // Numbers with few decimals. One that is the quotient of a whole number and 1000 is written as that: no two
  // decimals of so few digits are the same number, so the one that reads back the same is the shortest.

  /// The thousandths of a number that has no more than three decimals; of another something, or nil.
  @inline(__always)
  private static func thousandths(_ magnitude: Double) -> UInt64? {
    // Rounded to a whole number by adding one so large that its last bit counts ones: it is
    // then what the low bits say.
    let large = 0x1.8p52
    let sum = magnitude * 1000 + large
    guard (sum - large) / 1000 == magnitude else { return nil }
    return sum.bitPattern &- large.bitPattern
  }

  /// Writes a number of no more than four digits before the point and three behind it, and its comma; answers
  /// how many bytes, or nil for another, and for -0.
  @inline(__always)
  static func writeShort(_ number: Double, to target: UnsafeMutablePointer<UInt8>) -> Int? {
    let sign = number.bitPattern &>> 63
    // As -0 is taken for a large number, an infinity is one.
    guard let thousandths = thousandths(number.magnitude), thousandths &- sign < 9_999_999 else { return nil }
    let (whole, fraction) = UInt32(truncatingIfNeeded: thousandths).quotientAndRemainder(dividingBy: 1000)
    let digits = eightDigits(whole, fraction &* 10)
    unsafe target.pointee = UInt8(ascii: "-")
    let start = unsafe target + Int(sign)
    let before = UInt32(truncatingIfNeeded: digits)
    let zeros = leadingZeros(of: whole)
    unsafe UnsafeMutableRawPointer(start).storeBytes(
      of: (before | 0x3030_3030) &>> UInt32(truncatingIfNeeded: zeros), as: UInt32.self)
    let point = Int(sign) &+ (4 &- Int(zeros &>> 3))
    return unsafe point
      &+ write(fraction, decimals: UInt32(truncatingIfNeeded: digits &>> 32), at: target + point)
  }

  /// Writes a point, as many of a fraction's three decimals as are needed, and a comma; or a comma
  /// alone. Answers how many bytes.
  @inline(__always)
  private static func write(
    _ fraction: UInt32, decimals: UInt32, at point: UnsafeMutablePointer<UInt8>
  ) -> Int {
    guard fraction > 0 else {
      unsafe point.pointee = UInt8(ascii: ",")
      return 1
    }
    unsafe UnsafeMutableRawPointer(point).storeBytes(of: 0x3030_302E | decimals &<< 8, as: UInt32.self)
    let comma = 2 &+ (fraction % 100 == 0 ? 0 : 1) &+ (fraction % 10 == 0 ? 0 : 1)
    unsafe point[comma] = UInt8(ascii: ",")
    return comma &+ 1
  }

  /// The same as `writeShort` for up to twelve digits before the point.
  static func writeDecimal(_ number: Double, to target: UnsafeMutablePointer<UInt8>) -> Int? {
    let sign = number.bitPattern &>> 63
    guard number.magnitude < 1e12, let thousandths = thousandths(number.magnitude), thousandths >= sign else {
      return nil
    }
    let (whole, fraction) = UInt(thousandths).quotientAndRemainder(dividingBy: 1000)
    unsafe target.pointee = UInt8(ascii: "-")
    let point = unsafe Int(sign) &+ write(whole, to: target + Int(sign))
    let thousandth = UInt32(truncatingIfNeeded: fraction)
    return unsafe point
      &+ write(thousandth, decimals: fourDigits(thousandth &* 10), at: target + point)
  }
}

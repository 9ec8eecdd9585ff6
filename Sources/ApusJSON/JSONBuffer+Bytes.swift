// What JSONBuffer does to bytes: texts sixteen at a time, looked at for what must be escaped while they are
// copied. Every pointer here has the room that its caller found.

// Safety: a source is as long as it says while it is lent, and a target has as much room and a
// word more, which its caller found.
extension JSONBuffer {
  private typealias Vector = SIMD16<UInt8>

  /// Copies a text in which nothing is to be escaped; false if something is.
  static func copyPlain(_ source: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) -> Bool {
    let count = source.count
    guard count > shortTextBytes, let source = source.baseAddress else {
      return unsafe copyPlainShort(source, to: target)
    }
    let target = UnsafeMutableRawPointer(target)
    // Safety, here and below: bytes of the text, and as much room. The last sixteen may overlap
    // what was copied already.
    var marks = SIMDMask<SIMD16<Int8>>(repeating: false)
    var index = 0
    while index < count &- 16 {
      let bytes = unsafe source.loadUnaligned(fromByteOffset: index, as: Vector.self)
      unsafe target.storeBytes(of: bytes, toByteOffset: index, as: Vector.self)
      marks .|= escapes(in: bytes)
      index &+= 16
    }
    let last = unsafe source.loadUnaligned(fromByteOffset: count &- 16, as: Vector.self)
    unsafe target.storeBytes(of: last, toByteOffset: count &- 16, as: Vector.self)
    return isNone(marks .| escapes(in: last))
  }

  /// What most texts are.
  static let shortTextBytes = 32

  /// The same for so many bytes at most.
  @inline(__always)
  static func copyPlainShort(_ source: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) -> Bool
  {
    let count = source.count
    let target = UnsafeMutableRawPointer(target)
    guard let source = source.baseAddress, count > 0 else { return true }
    if count >= 16 {
      let first = unsafe source.loadUnaligned(as: Vector.self)
      let last = unsafe source.loadUnaligned(fromByteOffset: count &- 16, as: Vector.self)
      unsafe target.storeBytes(of: first, as: Vector.self)
      unsafe target.storeBytes(of: last, toByteOffset: count &- 16, as: Vector.self)
      return isNone(escapes(in: first) .| escapes(in: last))
    }
    if count >= 8 {
      // Two halves that may overlap.
      let low = unsafe source.loadUnaligned(as: UInt64.self)
      let high = unsafe source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      unsafe target.storeBytes(of: low, as: UInt64.self)
      unsafe target.storeBytes(of: high, toByteOffset: count &- 8, as: UInt64.self)
      return isNone(escapes(in: unsafe unsafeBitCast(SIMD2(low, high), to: Vector.self)))
    }
    if count >= 4 {
      let low = unsafe source.loadUnaligned(as: UInt32.self)
      let high = unsafe source.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      unsafe target.storeBytes(of: low, as: UInt32.self)
      unsafe target.storeBytes(of: high, toByteOffset: count &- 4, as: UInt32.self)
      let word = UInt64(low) | UInt64(high) &<< 32
      return isNone(escapes(in: unsafe unsafeBitCast(SIMD2(repeating: word), to: Vector.self)))
    }
    // The first, the one in the middle and the last: all of one, two or three. To read a whole word and
    // ignore what lies behind the text would be quicker by a little, but it is not ours to read.
    let first = unsafe source.load(as: UInt8.self)
    let middle = unsafe source.load(fromByteOffset: count &>> 1, as: UInt8.self)
    let last = unsafe source.load(fromByteOffset: count &- 1, as: UInt8.self)
    unsafe target.storeBytes(of: first, as: UInt8.self)
    unsafe target.storeBytes(of: middle, toByteOffset: count &>> 1, as: UInt8.self)
    unsafe target.storeBytes(of: last, toByteOffset: count &- 1, as: UInt8.self)
    return isPlain(first) && isPlain(middle) && isPlain(last)
  }

  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x22 && byte != 0x5C }

  /// Marks bytes below 0x20, quotation marks and backslashes. With its second bit turned over a quotation
  /// mark is 0x20, a space is not, and what was below 0x20 still is.
  @inline(__always)
  private static func escapes(in bytes: Vector) -> SIMDMask<SIMD16<Int8>> {
    ((bytes ^ Vector(repeating: 2)) .<= Vector(repeating: 0x20)) .| (bytes .== Vector(repeating: 0x5C))
  }

  @inline(__always)
  private static func isNone(_ marks: SIMDMask<SIMD16<Int8>>) -> Bool {
    // By its words, as `any` is a loop.
    let words = unsafe unsafeBitCast(marks, to: SIMD2<UInt64>.self)
    return words[0] | words[1] == 0
  }

  @inline(__always)
  static func store(_ bytes: UInt16, at target: UnsafeMutablePointer<UInt8>) {
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: bytes, as: UInt16.self)
  }

  /// Writes `true,` or `false,` in eight bytes, and answers how many count.
  @inline(__always)
  static func write(_ flag: Bool, to target: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe UnsafeMutableRawPointer(target).storeBytes(
      of: flag ? 0x2C_6575_7274 : 0x2C65_736C_6166, as: UInt64.self)
    return flag ? 5 : 6
  }
}

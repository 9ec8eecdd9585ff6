// Appending runs of bytes to an OutputSpan: the one file of this module that touches raw memory, since the
// standard library's OutputSpan appends element by element.

extension OutputSpan where Element == UInt8 {
  /// Appends the bytes of `source`, one memcpy. Traps if they do not fit.
  @inline(__always)
  @_lifetime(self: copy self)
  package mutating func append(copying source: Span<UInt8>) {
    precondition(source.count <= freeCapacity, "\(source.count) bytes into \(freeCapacity)")
    if source.isEmpty { return }
    // Safety: room was checked above; both pointers are used only inside the closures, and a Span being read
    // cannot overlap memory that is held for exclusive writing.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe source.withUnsafeBufferPointer { bytes in
        unsafe (buffer.baseAddress! + count).initialize(from: bytes.baseAddress!, count: bytes.count)
        count += bytes.count
      }
    }
  }

  /// Appends a literal, one memcpy of a length known when compiling. Traps if it does not fit.
  @inline(__always)
  @_lifetime(self: copy self)
  package mutating func append(ascii literal: StaticString) {
    let length = literal.utf8CodeUnitCount
    precondition(length <= freeCapacity, "\(length) bytes into \(freeCapacity)")
    if length == 0 { return }
    // Safety: a literal lives as long as the program, and room for it was checked above.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      unsafe (buffer.baseAddress! + count).initialize(from: literal.utf8Start, count: length)
      count += length
    }
  }

  /// Appends `number` in hexadecimal, at most 16 bytes. Traps if it does not fit.
  @inline(__always)
  @_lifetime(self: copy self)
  package mutating func append(hexadecimal number: UInt64) {
    var shift = max(0, (UInt64.bitWidth - number.leadingZeroBitCount - 1) / 4 * 4)
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 0x0F
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      shift -= 4
    }
  }

  /// Appends `number` in decimal, at most 20 bytes. Traps if it does not fit.
  @_lifetime(self: copy self)
  package mutating func append(decimal number: UInt64) {
    let length = Self.digitCount(number)
    precondition(length <= freeCapacity, "\(length) digits into \(freeCapacity)")
    // Safety: room for all digits was checked above; they are written from the last to the first, within it.
    unsafe withUnsafeMutableBufferPointer { buffer, count in
      let first = unsafe buffer.baseAddress! + count
      var rest = number
      var index = length
      repeat {
        index &-= 1
        unsafe (first + index).initialize(to: ASCII.zero &+ UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while index > 0
      count += length
    }
  }

  /// How many decimal digits `number` has. Lengths, which is what it mostly is, have few.
  @inline(__always)
  private static func digitCount(_ number: UInt64) -> Int {
    if number < 10_000 {
      return number < 100 ? (number < 10 ? 1 : 2) : (number < 1000 ? 3 : 4)
    }
    var count = 5
    var bound: UInt64 = 100_000
    while count < 20, number >= bound {
      count &+= 1
      bound = bound &* 10
    }
    return count
  }
}

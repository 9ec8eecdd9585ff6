// JSONBuffer: bytes of JSON that grow at their end, a token at a time. The writers of the library are built on it; which token
// may follow which is theirs to know. One call for each token, and one pass over each text: it is looked at for what must be
// escaped while it is copied.

package import ApusRing
import ApusWire

/// Memory of its own, given away as `SharedBytes` at the end.
@safe package struct JSONBuffer: ~Copyable {
  /// Safety: `capacity` bytes, of which the first `count` are initialised; nil while somebody else has them (`take`). Writes
  /// of whole words may go beyond `count`, never beyond `capacity`.
  private var base: UnsafeMutablePointer<UInt8>?
  package private(set) var count = 0
  private var capacity: Int

  /// Bytes of a quotation mark, a comma and a colon around a text, and of a word that is written beyond it.
  private static let slack = 16

  package init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(capacity: self.capacity)
  }

  private init(_ base: UnsafeMutablePointer<UInt8>?, _ count: Int, _ capacity: Int) {
    unsafe self.base = base
    self.count = count
    self.capacity = capacity
  }

  deinit { unsafe base?.deallocate() }

  /// The bytes so far, to go on with elsewhere. Until they are put back nothing may be written here.
  package mutating func take() -> JSONBuffer {
    let taken = unsafe JSONBuffer(base, count, capacity)
    unsafe base = nil
    capacity = 0
    return taken
  }

  /// Gives the bytes away; nothing is copied.
  package mutating func finish() -> SharedBytes {
    guard let base = unsafe base else { preconditionFailure("JSON that is being written elsewhere") }
    unsafe self.base = nil
    capacity = 0
    return unsafe SharedBytes(adopting: base, count: count)
  }

  // MARK: tokens

  package mutating func append(_ byte: UInt8) {
    let end = unsafe room(1)
    unsafe end.pointee = byte
    count &+= 1
  }

  package mutating func append(literal: StaticString) {
    let end = unsafe room(literal.utf8CodeUnitCount)
    unsafe end.update(from: literal.utf8Start, count: literal.utf8CodeUnitCount)
    count &+= literal.utf8CodeUnitCount
  }

  /// A member's name, a comma before it unless it is the first, a colon behind it.
  package mutating func append(name: Span<UInt8>, isFirst: Bool) { put(name, isFirst) }

  /// A text in quotes.
  package mutating func append(string text: Span<UInt8>) { put(text) }

  package mutating func append(number: Int) { put(number) }

  package mutating func append(number: UInt64) {
    count &+= unsafe Self.write(UInt(number), to: room(24))
  }

  /// The shortest decimal that reads back the same; the number is finite.
  package mutating func append(number: Double) { put(number) }

  /// Text of the caller's making that is JSON already.
  package mutating func append(verbatim text: String) {
    let bytes = text.utf8.span
    let end = unsafe room(bytes.count)
    _ = unsafe Self.copyPlain(bytes, to: end)
    count &+= bytes.count
  }

  // A member in one call: the way into this module costs as much as the bytes.

  package mutating func append(name: Span<UInt8>, isFirst: Bool, string: Span<UInt8>) {
    put(name, isFirst)
    put(string)
  }

  package mutating func append(name: Span<UInt8>, isFirst: Bool, number: Int) {
    put(name, isFirst)
    put(number)
  }

  package mutating func append(name: Span<UInt8>, isFirst: Bool, number: Double) {
    put(name, isFirst)
    put(number)
  }

  package mutating func append(name: Span<UInt8>, isFirst: Bool, flag: Bool) {
    put(name, isFirst)
    let end = unsafe UnsafeMutableRawPointer(room(8))
    // `true`, or `fals` and an e behind it.
    unsafe end.storeBytes(of: flag ? 0x6575_7274 : 0x65_736C_6166, as: UInt64.self)
    count &+= flag ? 4 : 5
  }

  /// What opens an object or an array, a comma before it unless it is the first.
  package mutating func append(opening bracket: UInt8, isFirst: Bool) {
    let end = unsafe room(2)
    unsafe end.pointee = UInt8(ascii: ",")
    let start = isFirst ? 0 : 1
    unsafe end[start] = bracket
    count &+= start &+ 1
  }

  /// An element in one call.
  package mutating func append(element string: Span<UInt8>, isFirst: Bool) {
    if !isFirst { put(UInt8(ascii: ",")) }
    put(string)
  }

  // MARK: inside

  @inline(__always)
  private mutating func put(_ byte: UInt8) {
    let end = unsafe room(1)
    unsafe end.pointee = byte
    count &+= 1
  }

  @inline(__always)
  private mutating func put(_ name: Span<UInt8>, _ isFirst: Bool) {
    if !isFirst { put(UInt8(ascii: ",")) }
    put(name)
    put(UInt8(ascii: ":"))
  }

  @inline(__always)
  private mutating func put(_ text: Span<UInt8>) {
    let end = unsafe room(text.count)
    unsafe end.pointee = UInt8(ascii: "\"")
    guard unsafe Self.copyPlain(text, to: end + 1) else { return appendEscaped(text) }
    unsafe end[text.count &+ 1] = UInt8(ascii: "\"")
    count &+= text.count &+ 2
  }

  @inline(__always)
  private mutating func put(_ number: Int) {
    let end = unsafe room(24)
    var used = 0
    if number < 0 {
      unsafe end.pointee = UInt8(ascii: "-")
      used = 1
    }
    count &+= unsafe used &+ Self.write(number.magnitude, to: end + used)
  }

  @inline(__always)
  private mutating func put(_ number: Double) {
    if !appendShort(number) { append(verbatim: number.description) }
  }

  /// Room behind what is written, for so many bytes and some more.
  @inline(__always)
  private mutating func room(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
    if capacity &- count < bytes &+ Self.slack { grow(bytes) }
    // Safety: not nil while something may be written here, and large enough now.
    return unsafe base.unsafelyUnwrapped + count
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    guard let old = unsafe base else { preconditionFailure("JSON that is being written elsewhere") }
    capacity = max(2 * capacity, count + bytes + Self.slack)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe fresh.update(from: old, count: count)
    unsafe old.deallocate()
    unsafe base = fresh
  }

  /// Copies a text in which nothing is to be escaped; false if something is. Writes at most seven bytes too many.
  @inline(__always)
  private static func copyPlain(_ text: Span<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Bool {
    unsafe text.withUnsafeBytes { source in
      let target = UnsafeMutableRawPointer(target)
      let count = source.count
      guard count >= 8 else { return unsafe copyShort(source, to: target) }
      var marks: UInt64 = 0
      var index = 0
      while index &+ 8 <= count {
        // Safety: eight bytes of the text, and as much room.
        let word = unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        marks |= escapes(in: word)
        unsafe target.storeBytes(of: word, toByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      if index < count {
        // The last eight, which overlap what was copied already.
        let word = unsafe source.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        marks |= escapes(in: word)
        unsafe target.storeBytes(of: word, toByteOffset: count &- 8, as: UInt64.self)
      }
      return marks == 0
    }
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

  @inline(never)
  private mutating func appendEscaped(_ text: Span<UInt8>) {
    let most = text.count * OutputSpan<UInt8>.jsonExpansion + 2
    let end = unsafe room(most)
    // Safety: room for `most` bytes behind what is written; the output span never leaves this function.
    let buffer = unsafe UnsafeMutableBufferPointer(start: end, count: most)
    var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
    output.append(UInt8(ascii: "\""))
    output.append(escapingJSON: text)
    output.append(UInt8(ascii: "\""))
    count += unsafe output.finalize(for: buffer)
  }

  /// Numbers of no more than three decimals and fifteen digits: no two of these are the same number, so one that reads back
  /// as `number` is the shortest that does.
  @inline(__always)
  private mutating func appendShort(_ number: Double) -> Bool {
    guard number.magnitude < 1e12 else { return false }
    let thousandths = (number * 1000).rounded()
    guard thousandths / 1000 == number, number != 0 || number.sign == .plus else { return false }
    let end = unsafe room(24)
    var used = 0
    if number < 0 {
      unsafe end.pointee = UInt8(ascii: "-")
      used = 1
    }
    let (whole, fraction) = UInt(thousandths.magnitude).quotientAndRemainder(dividingBy: 1000)
    used &+= unsafe Self.write(whole, to: end + used)
    if fraction > 0 {
      unsafe end[used] = UInt8(ascii: ".")
      let digits = (fraction / 100, fraction / 10 % 10, fraction % 10)
      unsafe end[used &+ 1] = UInt8(truncatingIfNeeded: digits.0) &+ 0x30
      unsafe end[used &+ 2] = UInt8(truncatingIfNeeded: digits.1) &+ 0x30
      unsafe end[used &+ 3] = UInt8(truncatingIfNeeded: digits.2) &+ 0x30
      used &+= digits.2 > 0 ? 4 : digits.1 > 0 ? 3 : 2
    }
    count &+= used
    return true
  }

  /// Writes the digits of a number, at most 20; answers how many.
  @inline(__always)
  private static func write(_ number: UInt, to target: UnsafeMutablePointer<UInt8>) -> Int {
    var digits = 1
    var bound: UInt = 10
    while digits < 20, number >= bound {
      digits &+= 1
      bound = bound &* 10
    }
    var rest = number
    var index = digits
    repeat {
      index &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      unsafe target[index] = UInt8(truncatingIfNeeded: digit) &+ 0x30
      rest = quotient
    } while index > 0
    return digits
  }
}

// JSONBuffer: bytes of JSON that grow at their end, a token or a whole member at a time, for the writers beside it; which token
// may follow which is theirs to know. One look at the room and one pass over each text: it is looked at for what must be
// escaped while it is copied.

import ApusRing
import ApusWire

/// Memory of its own, given away as `SharedBytes` at the end.
@safe struct JSONBuffer: ~Copyable {
  /// Safety: `capacity` bytes, of which the first `count` are initialised; freed in deinit unless `finish` has given them away.
  /// Writes of whole words may go beyond `count`, never beyond `capacity`: `room` keeps `slack` bytes.
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int
  /// Whether what follows in this object or array is not its first.
  var needsComma = false

  /// Bytes of a comma, quotation marks and a colon around two texts, and of a word that is written beyond the second.
  private static let slack = 24
  /// Bytes of the longest number, and of a word beyond it.
  static let numberBytes = 32

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(capacity: self.capacity)
  }

  deinit { unsafe base.deallocate() }

  /// Gives the bytes away; nothing is copied.
  consuming func finish() -> SharedBytes {
    let bytes = unsafe SharedBytes(adopting: base, count: count)
    discard self
    return bytes
  }

  // MARK: brackets, names and commas

  /// Opens an object or an array.
  @inline(__always)
  mutating func open(_ bracket: UInt8) {
    append(bracket)
    needsComma = false
  }

  /// Closes it; what it stands in has something now.
  @inline(__always)
  mutating func close(_ bracket: UInt8) {
    append(bracket)
    needsComma = true
  }

  /// A comma unless the element that is due is the first.
  @inline(__always)
  mutating func separate() {
    let end = unsafe room(0)
    unsafe end.pointee = UInt8(ascii: ",")
    count &+= needsComma ? 1 : 0
    needsComma = true
  }

  /// A member's name, a comma before it unless it is the first, a colon behind it; and room for `more` bytes.
  @inline(__always)
  mutating func append(name: StaticString, roomFor more: Int = 0) {
    // Safety: a literal lives as long as the program.
    unsafe append(name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), more)
  }

  /// The same for a name that is not known before.
  mutating func append(name: Span<UInt8>) {
    unsafe name.withUnsafeBytes { unsafe append(name: $0, 0) }
  }

  @inline(__always)
  private mutating func append(name: UnsafeRawBufferPointer, _ more: Int) {
    var end = unsafe room(name.count &+ more)
    unsafe end.pointee = UInt8(ascii: ",")
    let start = needsComma ? 1 : 0
    unsafe end += start
    unsafe end.pointee = UInt8(ascii: "\"")
    needsComma = true
    guard unsafe Self.copyPlain(name, to: end + 1) else {
      count &+= start
      unsafe appendEscaped(name, roomFor: more &+ 1)
      return append(UInt8(ascii: ":"))
    }
    unsafe Self.store(0x3A22, at: end + 1 + name.count)
    count &+= start &+ name.count &+ 3
  }

  // MARK: values. `hasRoom` where the name before took the value's room along.

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    let end = unsafe room(1)
    unsafe end.pointee = byte
    count &+= 1
  }

  @inline(__always)
  mutating func append(flag: Bool, hasRoom: Bool = false) {
    let end = unsafe UnsafeMutableRawPointer(hasRoom ? base + count : room(8))
    // `true`, or `fals` and an e behind it.
    unsafe end.storeBytes(of: flag ? 0x6575_7274 : 0x65_736C_6166, as: UInt64.self)
    count &+= flag ? 4 : 5
  }

  mutating func appendNull() {
    let end = unsafe UnsafeMutableRawPointer(room(4))
    unsafe end.storeBytes(of: 0x6C6C_756E, as: UInt32.self)
    count &+= 4
  }

  /// A text in quotes.
  @inline(__always)
  mutating func append(_ text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBytes { bytes in
      let end = unsafe room(bytes.count)
      unsafe end.pointee = UInt8(ascii: "\"")
      guard unsafe Self.copyPlain(bytes, to: end + 1) else { return unsafe appendEscaped(bytes, roomFor: 0) }
      unsafe end[bytes.count &+ 1] = UInt8(ascii: "\"")
      count &+= bytes.count &+ 2
    }
  }

  @inline(__always)
  mutating func append(_ number: Int, hasRoom: Bool = false) {
    let end = unsafe hasRoom ? base + count : room(Self.numberBytes)
    unsafe end.pointee = UInt8(ascii: "-")
    let sign = number < 0 ? 1 : 0
    count &+= unsafe sign &+ Self.write(number.magnitude, to: end + sign)
  }

  mutating func append(_ number: UInt64) {
    count &+= unsafe Self.write(UInt(number), to: room(Self.numberBytes))
  }

  /// The shortest decimal that reads back the same; the number is finite.
  @inline(__always)
  mutating func append(_ number: Double) {
    if !appendShort(number) { append(verbatim: number.description) }
  }

  /// Text of our own making that is JSON already.
  @inline(never)
  mutating func append(verbatim text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBytes { bytes in
      _ = unsafe Self.copyPlain(bytes, to: room(bytes.count))
      count &+= bytes.count
    }
  }

  // MARK: inside

  /// Room behind what is written, for so many bytes and some more.
  @inline(__always)
  private mutating func room(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
    if capacity &- count < bytes &+ Self.slack { grow(bytes) }
    return unsafe base + count
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    capacity = max(2 * capacity, count + bytes + Self.slack)
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    unsafe fresh.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = fresh
  }

  @inline(never)
  private mutating func appendEscaped(_ text: UnsafeRawBufferPointer, roomFor more: Int) {
    let most = text.count * OutputSpan<UInt8>.jsonExpansion + 2
    let end = unsafe room(most + more)
    // Safety: room for `most` bytes behind what is written; neither span leaves this function.
    let buffer = unsafe UnsafeMutableBufferPointer(start: end, count: most)
    var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
    output.append(UInt8(ascii: "\""))
    output.append(escapingJSON: unsafe Span(_unsafeBytes: text))
    output.append(UInt8(ascii: "\""))
    count += unsafe output.finalize(for: buffer)
  }

  /// Numbers of no more than three decimals and fifteen digits: no two of these are the same number, so one that reads back
  /// as `number` is the shortest that does.
  @inline(__always)
  private mutating func appendShort(_ number: Double) -> Bool {
    guard number.magnitude < 1e12 else { return false }
    // Rounded by hand: without SSE 4.1 `rounded()` is a call. One that is off by one is not equal below.
    let thousandths = Int64(number * 1000 + (number < 0 ? -0.5 : 0.5))
    guard Double(thousandths) / 1000 == number, number != 0 || number.sign == .plus else { return false }
    let end = unsafe room(Self.numberBytes)
    unsafe end.pointee = UInt8(ascii: "-")
    var used = number < 0 ? 1 : 0
    let (whole, fraction) = UInt(thousandths.magnitude).quotientAndRemainder(dividingBy: 1000)
    used &+= unsafe Self.write(whole, to: end + used)
    if fraction > 0 {
      let (tenths, rest) = fraction.quotientAndRemainder(dividingBy: 100)
      unsafe Self.store(0x302E &+ UInt16(truncatingIfNeeded: tenths) &<< 8, at: end + used)
      unsafe Self.store(Self.pair(rest), at: end + used + 2)
      used &+= rest == 0 ? 2 : rest % 10 == 0 ? 3 : 4
    }
    count &+= used
    return true
  }
}

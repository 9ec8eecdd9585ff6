// JSONBuffer: bytes of JSON that grow at their end, a token or a whole member at a time, for the writers beside it; which token
// may follow which is theirs to know. One look at the room and one pass over each text: it is looked at for what must be
// escaped while it is copied. Every value ends in a comma, which a closing bracket takes back: nothing need be known of what
// stands before a value.

import ApusRing
import ApusWire

/// Memory of its own, a core's spare block where it fits, given away as `SharedBytes` at the end.
@safe struct JSONBuffer: ~Copyable {
  /// Safety: `capacity` bytes, of which the first `count` are initialised; freed in deinit unless `finish` has given them away.
  /// Writes of whole words may go beyond `count`, never beyond `capacity`: `room` keeps `slack` bytes.
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int
  /// Names that this core has written before; nil where there is no core.
  private let names: NameTable?

  /// Bytes of quotation marks, a colon and a comma around a text, and of two words that are written beyond it.
  private static let slack = 24
  /// Bytes of the longest number, its comma, and a word beyond them.
  static let numberBytes = 32

  init(capacity: Int) {
    unsafe (base, self.capacity) = SpareBlock.acquire(max(capacity, 64))
    names = NameTable.ofCore
  }

  deinit { unsafe SpareBlock.release(base, capacity: capacity) }

  /// Gives the bytes away, without the last comma; nothing is copied.
  consuming func finish() -> SharedBytes {
    let bytes = unsafe SharedBytes(adopting: base, count: max(0, count &- 1), capacity: capacity)
    discard self
    return bytes
  }

  // MARK: brackets and names

  /// Opens an object or an array.
  @inline(__always)
  mutating func open(_ bracket: UInt8) {
    let end = unsafe room(1)
    unsafe end.pointee = bracket
    count &+= 1
  }

  /// Closes it. Its own bracket, or the comma of the last value in it, stands before.
  @inline(__always)
  mutating func close(_ bracket: UInt8) {
    let end = unsafe room(2)
    let hasComma = unsafe end[-1] == UInt8(ascii: ",") ? 1 : 0
    unsafe Self.store(0x2C00 | UInt16(bracket), at: end - hasComma)
    count &+= 2 &- hasComma
  }

  /// A member's name and a colon; and room for `more` bytes.
  @inline(__always)
  mutating func append(name: StaticString, roomFor more: Int = 0) {
    let length = name.utf8CodeUnitCount
    let start = unsafe name.utf8Start
    let end = unsafe room(length &+ more)
    if let names, unsafe names.write(start, length, to: end) {
      count &+= length &+ 3
    } else {
      unsafe appendNew(UnsafeRawBufferPointer(start: start, count: length), roomFor: more)
    }
  }

  /// One that the core has not written before.
  @inline(never)
  private mutating func appendNew(_ name: UnsafeRawBufferPointer, roomFor more: Int) {
    let start = count
    unsafe append(name: name, more)
    if let names, let text = name.baseAddress, count == start + name.count + 3 {
      unsafe names.keep(text, name.count, as: base + start)
    }
  }

  /// The same for a name that is not known before.
  mutating func append(name: Span<UInt8>) {
    unsafe name.withUnsafeBytes { unsafe append(name: $0, 0) }
  }

  private mutating func append(name: UnsafeRawBufferPointer, _ more: Int) {
    let end = unsafe room(name.count &+ more)
    unsafe end.pointee = UInt8(ascii: "\"")
    guard unsafe Self.copyPlain(name, to: end + 1) else {
      return unsafe appendEscaped(name, before: UInt8(ascii: ":"), roomFor: more)
    }
    unsafe Self.store(0x3A22, at: end + 1 + name.count)
    count &+= name.count &+ 3
  }

  // MARK: values. `hasRoom` where the name before took the value's room along.

  @inline(__always)
  mutating func append(flag: Bool, hasRoom: Bool = false) {
    let end = unsafe UnsafeMutableRawPointer(hasRoom ? base + count : room(8))
    // `true,` or `false,`.
    unsafe end.storeBytes(of: flag ? 0x2C_6575_7274 : 0x2C65_736C_6166, as: UInt64.self)
    count &+= flag ? 5 : 6
  }

  mutating func appendNull() {
    let end = unsafe UnsafeMutableRawPointer(room(8))
    unsafe end.storeBytes(of: 0x2C_6C6C_756E, as: UInt64.self)
    count &+= 5
  }

  /// A text in quotes.
  @inline(__always)
  mutating func append(_ text: borrowing String) {
    // By this way, as `span` is two calls into the standard library.
    let isDone: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
      unsafe appendQuoted(UnsafeRawBufferPointer($0))
    }
    if isDone == nil { appendBridged(text) }
  }

  @inline(__always)
  private mutating func appendQuoted(_ bytes: UnsafeRawBufferPointer) {
    let end = unsafe room(bytes.count)
    unsafe end.pointee = UInt8(ascii: "\"")
    guard unsafe Self.copyPlain(bytes, to: end + 1) else {
      return unsafe appendEscaped(bytes, before: UInt8(ascii: ","), roomFor: 0)
    }
    unsafe Self.store(0x2C22, at: end + 1 + bytes.count)
    count &+= bytes.count &+ 3
  }

  /// No String of this system's; none is known to come here.
  @inline(never)
  private mutating func appendBridged(_ text: borrowing String) {
    let bytes = ContiguousArray(text.utf8)
    unsafe bytes.withUnsafeBytes { unsafe appendQuoted($0) }
  }

  /// Texts in quotes, between brackets; read where they lie, as each that is taken out is counted up and down.
  mutating func append(_ texts: [String]) {
    open(UInt8(ascii: "["))
    unsafe texts.withUnsafeBufferPointer { texts in
      guard let first = texts.baseAddress else { return }
      // Safety: one of `LentText` is a String and nothing else, and the array lends `count` of them until this closure returns.
      let lent = unsafe UnsafeRawPointer(first).assumingMemoryBound(to: LentText.self)
      for index in 0..<texts.count { unsafe lent[index].write(to: &self) }
    }
    close(UInt8(ascii: "]"))
  }

  /// A text where it lies in its array.
  private struct LentText: ~Copyable {
    let text: String

    @inline(__always)
    borrowing func write(to json: inout JSONBuffer) { json.append(text) }
  }

  @inline(__always)
  mutating func append(_ number: Int, hasRoom: Bool = false) {
    let end = unsafe hasRoom ? base + count : room(Self.numberBytes)
    unsafe end.pointee = UInt8(ascii: "-")
    let sign = number < 0 ? 1 : 0
    let used = unsafe sign &+ Self.write(number.magnitude, to: end + sign)
    unsafe end[used] = UInt8(ascii: ",")
    count &+= used &+ 1
  }

  mutating func append(_ number: UInt64) {
    let end = unsafe room(Self.numberBytes)
    let used = unsafe Self.write(UInt(number), to: end)
    unsafe end[used] = UInt8(ascii: ",")
    count &+= used &+ 1
  }

  /// The shortest decimal that reads back the same; false, and nothing, for a number that JSON does not have.
  @inline(__always)
  mutating func append(_ number: Double) -> Bool {
    let end = unsafe room(Self.numberBytes)
    let used = unsafe Self.writeShort(number, to: end)
    if used == 0 { return appendLong(number) }
    unsafe end[used] = UInt8(ascii: ",")
    count &+= used &+ 1
    return true
  }

  @inline(never)
  private mutating func appendLong(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    append(verbatim: number.description)
    return true
  }

  /// Text of our own making that is JSON already.
  @inline(never)
  mutating func append(verbatim text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBytes { bytes in
      let end = unsafe room(bytes.count)
      _ = unsafe Self.copyPlain(bytes, to: end)
      unsafe end[bytes.count] = UInt8(ascii: ",")
      count &+= bytes.count &+ 1
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
    let (fresh, larger) = unsafe SpareBlock.acquire(max(2 * capacity, count + bytes + Self.slack))
    unsafe fresh.update(from: base, count: count)
    unsafe SpareBlock.release(base, capacity: capacity)
    unsafe (base, capacity) = (fresh, larger)
  }

  /// A text in which something is to be escaped, in quotes, and the byte behind it.
  @inline(never)
  private mutating func appendEscaped(_ text: UnsafeRawBufferPointer, before last: UInt8, roomFor more: Int) {
    let most = text.count * OutputSpan<UInt8>.jsonExpansion + 3
    let end = unsafe room(most + more)
    // Safety: room for `most` bytes behind what is written; neither span leaves this function.
    let buffer = unsafe UnsafeMutableBufferPointer(start: end, count: most)
    var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
    output.append(UInt8(ascii: "\""))
    output.append(escapingJSON: unsafe Span(_unsafeBytes: text))
    output.append(UInt8(ascii: "\""))
    output.append(last)
    count += unsafe output.finalize(for: buffer)
  }
}

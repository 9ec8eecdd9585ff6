// Values, alone and as members: each has its short way here, one after another without a look back, and falls
// to the long way as its last act, so that nothing is saved across a call on the short one.

// Safety: each value finds room first, by `room`, `place` or a look at `limit`; what it writes goes no
// further than `slack` bytes beyond `limit`.
extension JSONBuffer {
  // MARK: true, false, null

  @inline(__always)
  mutating func append(_ flag: Bool) {
    let start = unsafe room(8)
    unsafe end = start + Self.write(flag, to: start)
  }

  @inline(__always)
  mutating func append(_ name: StaticString, _ flag: Bool) {
    guard let before = place(name, roomFor: 8) else { return appendLong(name, flag) }
    unsafe end += before &+ Self.write(flag, to: end + before)
  }

  @inline(never)
  private mutating func appendLong(_ name: StaticString, _ flag: Bool) {
    appendNew(name)
    append(flag)
  }

  mutating func appendNull() {
    let start = unsafe room(8)
    unsafe UnsafeMutableRawPointer(start).storeBytes(of: 0x2C_6C6C_756E, as: UInt64.self)
    unsafe end = start + 5
  }

  // MARK: texts

  /// A text in quotes.
  @inline(__always)
  mutating func append(_ text: borrowing String) {
    guard unsafe limit - end >= Self.shortTextBytes, let count = unsafe Self.write(text, to: end) else {
      return appendLong(text)
    }
    unsafe end += count
  }

  @inline(__always)
  mutating func append(_ name: StaticString, _ text: borrowing String) {
    guard let before = place(name, roomFor: Self.shortTextBytes),
      let count = unsafe Self.write(text, to: end + before)
    else { return appendLong(name, text) }
    unsafe end += before &+ count
  }

  @inline(never)
  private mutating func appendLong(_ name: StaticString, _ text: borrowing String) {
    append(name: name)
    appendLong(text)
  }

  /// Writes a short text in quotes, and answers its bytes; nil for a long one, or if
  /// something is to be escaped.
  @inline(__always)
  private static func write(_ text: borrowing String, to start: UnsafeMutablePointer<UInt8>) -> Int? {
    // By this way, as `span` is two calls into the standard library.
    let count: Int?? = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      guard bytes.count <= Self.shortTextBytes, unsafe copyPlainShort(bytes, to: start + 1) else {
        return nil
      }
      unsafe start.pointee = UInt8(ascii: "\"")
      unsafe store(0x2C22, at: start + 1 + bytes.count)
      return bytes.count &+ 3
    }
    return count ?? nil
  }

  /// The long way: finds room, and escapes.
  @inline(never)
  private mutating func appendLong(_ text: borrowing String) {
    let isDone: Void? = unsafe text.utf8.withContiguousStorageIfAvailable {
      unsafe appendQuoted(UnsafeRawBufferPointer($0), before: UInt8(ascii: ","))
    }
    if isDone == nil {
      // No String of this system's; none is known to come here.
      let bytes = ContiguousArray(text.utf8)
      unsafe bytes.withUnsafeBytes { unsafe appendQuoted($0, before: UInt8(ascii: ",")) }
    }
  }

  /// A name and texts in quotes, between brackets for which the slack has room. The texts are read where they
  /// lie, as each that is taken out is counted up and down.
  mutating func append(_ name: StaticString, _ texts: [String]) {
    append(name: name)
    unsafe end.pointee = UInt8(ascii: "[")
    var next = unsafe end + 1
    unsafe texts.withUnsafeBufferPointer { texts in
      guard let first = texts.baseAddress else { return }
      // Safety: one of `LentText` is a String and nothing else, and the array lends `count` of them
      // until this closure returns.
      var text = unsafe UnsafeRawPointer(first).assumingMemoryBound(to: LentText.self)
      let last = unsafe text + texts.count
      while unsafe text < last {
        if unsafe limit - next >= Self.shortTextBytes, let count = unsafe text.pointee.write(to: next) {
          unsafe next += count
        } else {
          unsafe end = next
          unsafe text.pointee.appendLong(to: &self)
          unsafe next = end
        }
        unsafe text += 1
      }
    }
    if !texts.isEmpty { unsafe next -= 1 }
    unsafe Self.store(0x2C5D, at: next)
    unsafe end = next + 2
  }

  /// A text where it lies in its array.
  private struct LentText: ~Copyable {
    let text: String

    @inline(__always)
    borrowing func write(to start: UnsafeMutablePointer<UInt8>) -> Int? {
      unsafe JSONBuffer.write(text, to: start)
    }

    borrowing func appendLong(to json: inout JSONBuffer) { json.appendLong(text) }
  }

  // MARK: numbers

  @inline(__always)
  mutating func append(_ number: Int) {
    let start = unsafe room(Self.numberBytes)
    guard let count = unsafe Self.writeShort(number, to: start) else { return appendLong(number) }
    unsafe end = start + count
  }

  @inline(__always)
  mutating func append(_ name: StaticString, _ number: Int) {
    guard let before = place(name, roomFor: Self.numberBytes),
      let count = unsafe Self.writeShort(number, to: end + before)
    else { return appendLong(name, number) }
    unsafe end += before &+ count
  }

  @inline(never)
  private mutating func appendLong(_ name: StaticString, _ number: Int) {
    append(name: name)
    appendLong(number)
  }

  @inline(never)
  private mutating func appendLong(_ number: Int) {
    let start = unsafe room(Self.numberBytes)
    unsafe start.pointee = UInt8(ascii: "-")
    let digits = unsafe start + (number < 0 ? 1 : 0)
    unsafe finish(number: digits + Self.write(number.magnitude, to: digits))
  }

  mutating func append(_ number: UInt64) {
    let start = unsafe room(Self.numberBytes)
    unsafe finish(number: start + Self.write(UInt(number), to: start))
  }

  private mutating func finish(number last: UnsafeMutablePointer<UInt8>) {
    unsafe last.pointee = UInt8(ascii: ",")
    unsafe end = last + 1
  }

  /// The shortest decimal that reads back the same; false, and nothing, for a number that JSON does not have.
  @inline(__always)
  mutating func append(_ number: Double) -> Bool {
    let start = unsafe room(Self.numberBytes)
    guard let count = unsafe Self.writeShort(number, to: start) else { return appendLong(number) }
    unsafe end = start + count
    return true
  }

  /// The same behind a name.
  @inline(__always)
  mutating func append(_ name: StaticString, _ number: Double) -> Bool {
    guard let before = place(name, roomFor: Self.numberBytes),
      let count = unsafe Self.writeShort(number, to: end + before)
    else { return appendLong(name, number) }
    unsafe end += before &+ count
    return true
  }

  @inline(never)
  private mutating func appendLong(_ name: StaticString, _ number: Double) -> Bool {
    append(name: name)
    return append(number)
  }

  @inline(never)
  private mutating func appendLong(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    let start = unsafe room(Self.numberBytes)
    if let count = unsafe Self.writeDecimal(number, to: start) {
      unsafe end = start + count
    } else {
      append(verbatim: number.description)
    }
    return true
  }

  /// Text of our own making that is JSON already.
  @inline(never)
  mutating func append(verbatim text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBytes { bytes in
      let start = unsafe room(bytes.count)
      _ = unsafe Self.copyPlain(bytes, to: start)
      unsafe finish(number: start + bytes.count)
    }
  }
}

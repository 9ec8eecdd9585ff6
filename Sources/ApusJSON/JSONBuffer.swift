// JSONBuffer: bytes of JSON that grow at their end, a token or a whole member at a time, for the writers
// beside it; which token may follow which is theirs to know. What is written often has a short way, which
// holds where there is room, the name is known, the text has nothing to be escaped and the number is short,
// and a long way behind it for whatever else comes. Every value ends in a comma, which a closing bracket
// takes back: nothing need be known of what stands before a value.

import ApusRing
import ApusWire

// Safety: every write goes behind `end`, into room that was found before; see `end` below.
/// Memory of its own, a core's spare bytes where they are enough, given away at the end.
@safe struct JSONBuffer: ~Copyable {
  /// Safety: the memory of `bytes`, which nobody else holds, from `base` on; initialised up to `end`, with
  /// `slack` bytes behind `limit`. Writes of whole words may go beyond `end`, never beyond those bytes.
  var end: UnsafeMutablePointer<UInt8>
  private(set) var limit: UnsafeMutablePointer<UInt8>
  private var base: UnsafeMutablePointer<UInt8>
  /// Names that this core has written before.
  private let names: NameTable
  /// There until it is given away.
  private var bytes: SharedBytes?

  /// Bytes of quotation marks, a colon and a comma around a text, of brackets around texts, and of what whole
  /// words write beyond them.
  private static let slack = 24
  /// Bytes of the longest number, its comma, and a word beyond them.
  static let numberBytes = 32

  init(capacity: Int) {
    let fresh = SpareBytes.acquire(max(capacity, 64))
    let start = unsafe fresh.start
    unsafe (base, end, limit) = (start, start, start + fresh.room - Self.slack)
    names = NameTable.ofCore
    bytes = fresh
  }

  /// Bytes that are written.
  var count: Int { unsafe end - base }

  /// Gives the bytes away, without the last comma; nothing is copied.
  consuming func finish() -> SharedBytes {
    guard let bytes = bytes.take() else { preconditionFailure("bytes that were given away") }
    unsafe bytes.didFill(max(0, count &- 1))
    return bytes
  }

  // MARK: brackets

  /// Opens an object or an array; answers how many bytes stand before what will be in it.
  @inline(__always)
  mutating func open(_ bracket: UInt8) -> Int {
    let start = unsafe room(1)
    unsafe start.pointee = bracket
    unsafe end = start + 1
    return count
  }

  /// Closes the one that was opened there. If anything is in it, the comma behind that is taken back; to look
  /// for it would have every token behind wait for the one before.
  @inline(__always)
  mutating func close(_ bracket: UInt8, opened: Int) {
    let start = unsafe room(2)
    let text = 0x2C00 | UInt16(bracket)
    if _fastPath(count > opened) {
      unsafe Self.store(text, at: start - 1)
      unsafe end = start + 1
    } else {
      unsafe Self.store(text, at: start)
      unsafe end = start + 2
    }
  }

  // MARK: names

  /// Writes a member's name if this core knows it and there is room for `more` bytes behind it; answers its
  /// bytes, behind which the value is due. Lengths are added up before they are added to `end`: each token
  /// waits for the `end` of the one before.
  @inline(__always)
  func place(_ name: StaticString, roomFor more: Int) -> Int? {
    guard unsafe limit - end >= NameTable.entryBytes &+ more else { return nil }
    return unsafe names.write(name.utf8Start, name.utf8CodeUnitCount, to: end)
  }

  /// A member's name and a colon.
  @inline(__always)
  mutating func append(name: StaticString) {
    if let count = place(name, roomFor: 0) { unsafe end += count } else { appendNew(name) }
  }

  /// One that the core has not written before, or for which there is no room yet.
  @inline(never)
  mutating func appendNew(_ name: StaticString) {
    let text = unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    let start = count
    unsafe appendQuoted(text, before: UInt8(ascii: ":"))
    if count == start + text.count + 3 {
      unsafe names.keep(name.utf8Start, text.count, as: base + start)
    }
  }

  /// The same for a name that is not known before.
  mutating func append(name: Span<UInt8>) {
    unsafe name.withUnsafeBytes { unsafe appendQuoted($0, before: UInt8(ascii: ":")) }
  }

  // MARK: inside

  /// Room behind what is written, for so many bytes and some more.
  @inline(__always)
  mutating func room(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
    if unsafe limit - end < bytes { grow(bytes) }
    return unsafe end
  }

  @inline(never)
  private mutating func grow(_ bytes: Int) {
    let count = count
    let capacity = unsafe limit - base + Self.slack
    let larger = SpareBytes.acquire(max(2 * capacity, count + bytes + Self.slack))
    let fresh = unsafe larger.start
    unsafe fresh.update(from: base, count: count)
    unsafe (base, end, limit) = (fresh, fresh + count, fresh + larger.room - Self.slack)
    if let smaller = self.bytes.take() { SpareBytes.keep(smaller) }
    self.bytes = larger
  }

  /// A text in quotes, and the byte behind it.
  mutating func appendQuoted(_ text: UnsafeRawBufferPointer, before last: UInt8) {
    let start = unsafe room(text.count)
    unsafe start.pointee = UInt8(ascii: "\"")
    guard unsafe Self.copyPlain(text, to: start + 1) else { return unsafe appendEscaped(text, before: last) }
    unsafe Self.store(UInt16(last) << 8 | 0x22, at: start + 1 + text.count)
    unsafe end = start + text.count + 3
  }

  /// The same for one in which something is to be escaped.
  @inline(never)
  private mutating func appendEscaped(_ text: UnsafeRawBufferPointer, before last: UInt8) {
    let most = text.count * OutputSpan<UInt8>.jsonExpansion + 3
    // Safety: room for `most` bytes behind what is written; neither span leaves this function.
    let start = unsafe room(most)
    let buffer = unsafe UnsafeMutableBufferPointer(start: start, count: most)
    var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
    output.append(UInt8(ascii: "\""))
    output.append(escapingJSON: unsafe Span(_unsafeBytes: text))
    output.append(UInt8(ascii: "\""))
    output.append(last)
    unsafe end = start + output.finalize(for: buffer)
  }
}

// JSONWriter: appends JSON to bytes (RFC 8259). What is written is never looked at again: the caller's
// closures give the structure, so brackets close where they opened and commas stand where they belong.

package import ApusRing

/// Where one value is due.
///
/// Every string of Swift can be written, escaped as far as JSON asks for it. Names are written as they come:
/// a name that is written twice is there twice.
public struct JSONWriter: ~Copyable {
  var buffer: JSONBuffer
  /// Something was written that is no JSON: a number that is none, or nothing.
  var fault: JSONFault?

  /// Starts with room for `capacity` bytes; more is found as it is needed.
  package init(capacity: Int) {
    buffer = JSONBuffer(capacity: capacity)
    fault = nil
  }

  /// What was written; nothing is copied.
  package consuming func finish() throws(JSONFault) -> SharedBytes {
    if let fault { throw fault }
    return buffer.finish()
  }

  /// Writes `null`.
  public mutating func null() { buffer.appendNull() }

  /// Writes `true` or `false`.
  public mutating func value(_ flag: Bool) { buffer.append(flag) }

  /// Writes a number. Beyond 2^53 some readers lose digits (RFC 8259 section 6); a string keeps them.
  public mutating func value(_ number: Int) { buffer.append(number) }

  /// Writes a number.
  public mutating func value(_ number: UInt64) { buffer.append(number) }

  /// Writes the shortest number that reads back the same. JSON has no NaN and no infinity: either is refused,
  /// and the whole answer with it.
  public mutating func value(_ number: Double) { append(number) }

  /// The same for a `Float`.
  public mutating func value(_ number: Float) {
    guard number.isFinite else { return refuse() }
    // The shortest for a Float is shorter than for the Double that it is.
    buffer.append(verbatim: number.description)
  }

  /// Writes a string.
  public mutating func value(_ text: String) { buffer.append(text) }

  /// Writes a value that writes itself.
  public mutating func value(_ value: some JSONWritable) { write(value) }

  /// Writes an object; `members` writes what is in it.
  public mutating func object(_ members: (inout JSONObjectWriter) -> Void) {
    let opened = buffer.open(UInt8(ascii: "{"))
    // Safety: `self` is held exclusively until this returns.
    unsafe JSONObjectWriter.within(&self, members)
    buffer.close(UInt8(ascii: "}"), opened: opened)
  }

  /// Writes an array; `elements` writes what is in it.
  public mutating func array(_ elements: (inout JSONArrayWriter) -> Void) {
    let opened = buffer.open(UInt8(ascii: "["))
    unsafe JSONArrayWriter.within(&self, elements)
    buffer.close(UInt8(ascii: "]"), opened: opened)
  }

  // Apart from those that do not throw: room for an error whose type is not known
  // costs as much as two members.

  /// The same for members that may throw; the object is closed all the same.
  public mutating func object<Failure: Error>(
    _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    let opened = buffer.open(UInt8(ascii: "{"))
    defer { buffer.close(UInt8(ascii: "}"), opened: opened) }
    try unsafe JSONObjectWriter.within(&self, members)
  }

  /// The same for elements that may throw; the array is closed all the same.
  public mutating func array<Failure: Error>(
    _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    let opened = buffer.open(UInt8(ascii: "["))
    defer { buffer.close(UInt8(ascii: "]"), opened: opened) }
    try unsafe JSONArrayWriter.within(&self, elements)
  }

  // MARK: inside

  @inline(__always)
  mutating func append(_ number: Double) {
    if !buffer.append(number) { refuse() }
  }

  @inline(__always)
  mutating func write(_ value: some JSONWritable) {
    let start = buffer.count
    value.write(to: &self)
    if buffer.count == start { fault = .empty }
  }

  mutating func refuse() {
    fault = .notANumber
    null()
  }
}

/// Why bytes are no JSON.
public enum JSONFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// NaN or an infinity.
  case notANumber
  /// A value wrote nothing.
  case empty

  /// One sentence.
  public var description: String {
    switch self {
    case .notANumber: "a number is NaN or infinite, which JSON does not have"
    case .empty: "a value wrote nothing, which leaves no JSON"
    }
  }
}

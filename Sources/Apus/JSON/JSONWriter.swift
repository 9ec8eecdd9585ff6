// JSONWriter: appends JSON to bytes (RFC 8259). What is written is never looked at again: the caller's closures give the
// structure, so brackets close where they opened and commas stand where they belong.

import ApusEngine

/// Where one value is due.
///
/// Every string of Swift can be written, escaped as far as JSON asks for it. Names are written as they come: a name that is
/// written twice is there twice.
public struct JSONWriter: ~Copyable {
  var buffer: JSONBuffer
  /// Something was written that is no JSON: a number that is none, or nothing.
  var fault: JSONFault?

  /// Starts with room for `capacity` bytes; more is found as it is needed.
  init(capacity: Int) {
    buffer = JSONBuffer(capacity: capacity)
    fault = nil
  }

  /// Writes `null`.
  public mutating func null() { buffer.append(literal: "null") }

  /// Writes `true` or `false`.
  public mutating func value(_ flag: Bool) { buffer.append(literal: flag ? "true" : "false") }

  /// Writes a number. Beyond 2^53 some readers lose digits (RFC 8259 section 6); a string keeps them.
  public mutating func value(_ number: Int) { buffer.append(number: number) }

  /// Writes a number.
  public mutating func value(_ number: UInt64) { buffer.append(number: number) }

  /// Writes the shortest number that reads back the same. JSON has no NaN and no infinity: either is refused, and the whole
  /// answer with it.
  public mutating func value(_ number: Double) {
    guard number.isFinite else { return refuse() }
    buffer.append(number: number)
  }

  /// The same for a `Float`.
  public mutating func value(_ number: Float) {
    guard number.isFinite else { return refuse() }
    // The shortest for a Float is shorter than for the Double that it is.
    buffer.append(verbatim: number.description)
  }

  /// Writes a string.
  public mutating func value(_ text: String) { buffer.append(string: text.utf8.span) }

  /// Writes a value that writes itself.
  public mutating func value(_ value: some JSONWritable) {
    let start = buffer.count
    value.write(to: &self)
    if buffer.count == start { fault = .empty }
  }

  /// Writes an object; `members` writes what is in it.
  public mutating func object<Failure: Error>(
    _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    buffer.append(JSON.openBrace)
    var object = JSONObjectWriter(JSONWriter(taking: &self))
    defer {
      take(&object.json)
      buffer.append(JSON.closeBrace)
    }
    try members(&object)
  }

  /// Writes an array; `elements` writes what is in it.
  public mutating func array<Failure: Error>(
    _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    buffer.append(JSON.openBracket)
    var array = JSONArrayWriter(JSONWriter(taking: &self))
    defer {
      take(&array.json)
      buffer.append(JSON.closeBracket)
    }
    try elements(&array)
  }

  // MARK: inside

  /// The same bytes under another name, so that they are never copied.
  private init(taking other: inout JSONWriter) {
    buffer = other.buffer.take()
    fault = other.fault
  }

  private mutating func take(_ other: inout JSONWriter) {
    fault = other.fault
    buffer = other.buffer.take()
  }

  private mutating func refuse() {
    fault = .notANumber
    null()
  }
}

/// Why bytes are no JSON.
public enum JSONFault: Error, Equatable, Sendable {
  /// NaN or an infinity.
  case notANumber
  /// A value wrote nothing.
  case empty
}

enum JSON {
  static let comma = UInt8(ascii: ",")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
}

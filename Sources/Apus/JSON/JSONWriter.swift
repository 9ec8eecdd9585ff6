// JSONWriter: appends JSON to bytes (RFC 8259). What is written is never looked at again: the caller's closures give the
// structure, so brackets close where they opened and commas stand where they belong.

import ApusWire

/// Where one value is due.
///
/// Every string of Swift can be written, escaped as far as JSON asks for it. Names are written as they come: a name that is
/// written twice is there twice.
public struct JSONWriter: ~Copyable {
  var bytes: [UInt8]
  /// Something was written that is no JSON: a number that is none, or nothing.
  var fault: JSONFault?

  /// Starts with room for `capacity` bytes; more is found as it is needed.
  init(capacity: Int) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  /// Writes `null`.
  public mutating func null() { append("null") }

  /// Writes `true` or `false`.
  public mutating func value(_ flag: Bool) { append(flag ? "true" : "false") }

  /// Writes a number. Beyond 2^53 some readers lose digits (RFC 8259 section 6); a string keeps them.
  public mutating func value(_ number: Int) {
    bytes.append(addingCapacity: 20) { (output: inout OutputSpan<UInt8>) in output.append(signed: number) }
  }

  /// Writes a number.
  public mutating func value(_ number: UInt64) {
    bytes.append(addingCapacity: 20) { (output: inout OutputSpan<UInt8>) in output.append(decimal: number) }
  }

  /// Writes the shortest number that reads back the same. JSON has no NaN and no infinity: either is refused, and the whole
  /// answer with it.
  public mutating func value(_ number: Double) { append(number.isFinite, number.description) }

  /// The same for a `Float`.
  public mutating func value(_ number: Float) { append(number.isFinite, number.description) }

  /// Writes a string.
  public mutating func value(_ text: String) {
    let text = text.utf8.span
    guard text.endOfPlainJSON() == text.count else { return escape(text) }
    bytes.append(addingCapacity: text.count &+ 2) { (output: inout OutputSpan<UInt8>) in
      output.append(JSON.quote)
      output.append(copying: text)
      output.append(JSON.quote)
    }
  }

  /// Writes a value that writes itself.
  public mutating func value(_ value: some JSONWritable) {
    let start = bytes.count
    value.write(to: &self)
    if bytes.count == start { fault = .empty }
  }

  /// Writes an object; `members` writes what is in it.
  public mutating func object<Failure: Error>(
    _ members: (inout JSONObjectWriter) throws(Failure) -> Void
  ) throws(Failure) {
    bytes.append(JSON.openBrace)
    var object = JSONObjectWriter(JSONWriter(taking: &self))
    defer {
      take(&object.json)
      bytes.append(JSON.closeBrace)
    }
    try members(&object)
  }

  /// Writes an array; `elements` writes what is in it.
  public mutating func array<Failure: Error>(
    _ elements: (inout JSONArrayWriter) throws(Failure) -> Void
  ) throws(Failure) {
    bytes.append(JSON.openBracket)
    var array = JSONArrayWriter(JSONWriter(taking: &self))
    defer {
      take(&array.json)
      bytes.append(JSON.closeBracket)
    }
    try elements(&array)
  }

  // MARK: inside

  /// The same bytes under another name, so that they are never copied.
  private init(taking other: inout JSONWriter) {
    bytes = []
    fault = other.fault
    swap(&bytes, &other.bytes)
  }

  private mutating func take(_ other: inout JSONWriter) {
    fault = other.fault
    swap(&bytes, &other.bytes)
  }

  private mutating func append(_ literal: StaticString) {
    bytes.append(addingCapacity: 5) { (output: inout OutputSpan<UInt8>) in output.append(ascii: literal) }
  }

  private mutating func append(_ isNumber: Bool, _ text: String) {
    guard isNumber else {
      fault = .notANumber
      return null()
    }
    let text = text.utf8.span
    bytes.append(addingCapacity: text.count) { (output: inout OutputSpan<UInt8>) in
      output.append(copying: text)
    }
  }

  @inline(never)
  mutating func escape(_ text: Span<UInt8>) {
    let room = text.count * OutputSpan<UInt8>.jsonExpansion + 2
    bytes.append(addingCapacity: room) { (output: inout OutputSpan<UInt8>) in
      output.append(JSON.quote)
      output.append(escapingJSON: text)
      output.append(JSON.quote)
    }
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
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")
  static let colon = UInt8(ascii: ":")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
}

extension OutputSpan where Element == UInt8 {
  /// At most 20 bytes.
  @_lifetime(self: copy self)
  fileprivate mutating func append(signed number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(decimal: UInt64(number.magnitude))
  }
}

// Form: the fields of a URL-encoded form or of a query, decoded.

import ApusEngine
import ApusWire

/// Names and values in the order they came (application/x-www-form-urlencoded, WHATWG URL section 5). A name
/// may come more than once. Cost: two strings for each field.
public struct Form: Sendable, Equatable {
  /// One field.
  public struct Field: Sendable, Equatable {
    /// Decoded; may be empty.
    public let name: String
    /// Decoded; empty without an `=`.
    public let value: String
  }

  /// All fields, in order.
  public let fields: [Field]

  /// Fields that a form may have: each takes many times the memory that it took on the wire.
  public static let fieldLimit = 1000

  /// - Throws: 400 if there are more than `fieldLimit`.
  init(decoding text: Span<UInt8>) throws(HTTPError) {
    var fields: [Field] = []
    var items = QueryItems(text)
    while let item = items.next() {
      guard fields.count < Self.fieldLimit else {
        throw HTTPError(.badRequest, "more than \(Self.fieldLimit) fields")
      }
      fields.append(
        Field(
          name: String(formDecoding: text.extracting(item.name)),
          value: String(formDecoding: text.extracting(item.value))))
    }
    self.fields = fields
  }

  /// The first value with this name; nil if there is none.
  public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// All values with this name, in order.
  public func all(_ name: String) -> [String] {
    fields.lazy.filter { $0.name == name }.map(\.value)
  }

  /// The first value with this name, as a value; nil if there is none.
  /// - Throws: 400 if the text is no such value.
  public func value<Value: LosslessStringConvertible>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(HTTPError) -> Value? {
    guard let text = self[name] else { return nil }
    return try convert(text, "the field \(name)")
  }

  /// The first value with this name, which must be there.
  /// - Throws: 400 if it is missing, or no such value.
  public func require<Value: LosslessStringConvertible>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(HTTPError) -> Value {
    guard let value = try value(name, as: type) else {
      throw HTTPError(.badRequest, "the field \(name) is missing")
    }
    return value
  }
}

// Captures, query parameters and form fields as values of a type: what does not fit is
// the peer's mistake, 400.

public import ApusEngine
import ApusWire

extension Request {
  /// The value that the route's pattern captured under `name`: `try request.parameter("id", as: Int.self)`.
  /// - Throws: 400 if the text is no such value; 500 if the pattern has no such capture, which
  ///   is the program's mistake.
  public func parameter<Value: LosslessStringConvertible>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(HTTPError) -> Value {
    guard let text = parameter(name) else {
      throw HTTPError(.internalServerError, "the route captures no {\(name)}")
    }
    return try convert(text, "the path's {\(name)}")
  }

  /// The first value of a query parameter, as a value; nil if there is none.
  /// - Throws: 400 if the text is no such value.
  public func query<Value: LosslessStringConvertible>(
    _ name: String, as type: Value.Type
  ) throws(HTTPError) -> Value? {
    guard let text = query(name) else { return nil }
    return try convert(text, "the query's \(name)")
  }

  /// All query parameters, form-decoded.
  /// - Throws: 400 if there are more than `Form.fieldLimit`.
  public var queryFields: Form {
    get throws(HTTPError) { try Form(decoding: query) }
  }
}

/// A value from its text, or 400 with a sentence that says which text it was.
func convert<Value: LosslessStringConvertible>(_ text: String, _ place: String) throws(HTTPError) -> Value {
  guard let value = Value(text), isFinite(value) else {
    throw HTTPError(.badRequest, "\(place) is not \(article(for: Value.self, text))")
  }
  return value
}

/// Not what a text such as `nan` or `1e999` is made of: JSON does not have it, and a conversion
/// to a whole number traps.
private func isFinite<Value>(_ value: Value) -> Bool {
  // The types are compared first, which is a look at two pointers.
  if Value.self == Double.self, let number = value as? Double { return number.isFinite }
  if Value.self == Float.self, let number = value as? Float { return number.isFinite }
  return true
}

/// The words for a type of which `text` is no value. If `text` has digits alone, they name the range.
private func article(for type: Any.Type, _ text: String) -> String {
  if text.isDigits, let range = ValueFault.range(ofWholeNumbers: type) { return "a whole number \(range)" }
  return switch type {
  case is any BinaryInteger.Type: "a whole number in range"
  case is Double.Type where Double(text) != nil: "a number that 64 bits hold"
  case is Float.Type where Float(text) != nil: "a number that 32 bits hold"
  case is any BinaryFloatingPoint.Type: "a number"
  case is Bool.Type: "true or false"
  default: "a valid \(type)"
  }
}

extension String {
  /// Digits, and perhaps a sign before them.
  fileprivate var isDigits: Bool {
    let digits = hasPrefix("-") || hasPrefix("+") ? dropFirst() : self[...]
    return !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}

// The body as what its Content-Type says it is: JSON or a form. A type that is given must fit; a client
// that gives none is believed.

public import ApusEngine
import ApusWire
public import FoundationEssentials

extension Request {
  /// The body as a value, from JSON.
  /// - Parameter decoder: One of your own, made once; nil for one of `JSONDefaults`: dates are ISO 8601.
  /// - Throws: 415 if a Content-Type is given and is not JSON's; 400 with a sentence that names the place if
  ///   the body is malformed or does not fit.
  /// - Cost: Foundation's decoder, some microseconds and many allocations.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, decoder: JSONDecoder? = nil
  ) throws -> Value {
    guard contentTypeFits({ $0.isJSON }) else {
      throw HTTPError(.unsupportedMediaType, "the body's Content-Type is not application/json")
    }
    do {
      return try JSONText.decode(type, [UInt8](copying: body), decoder)
    } catch let error as DecodingError {
      throw HTTPError(.badRequest, error.sentence)
    }
  }

  /// The body as a URL-encoded form.
  /// - Throws: 415 if a Content-Type is given and is not a form's; 400 if there are more than
  ///   `Form.fieldLimit` fields.
  public var form: Form {
    get throws(HTTPError) {
      guard contentTypeFits({ $0.equalsType("application/x-www-form-urlencoded") }) else {
        throw HTTPError(
          .unsupportedMediaType, "the body's Content-Type is not application/x-www-form-urlencoded")
      }
      return try Form(decoding: body)
    }
  }

  /// No Content-Type, or one that `fits`, which sees it without its parameters.
  private func contentTypeFits(_ fits: (Span<UInt8>) -> Bool) -> Bool {
    guard head.known.contains(.contentType),
      let slice = firstValue(of: "content-type", in: bytes, fields: fields)
    else { return true }
    let value = bytes.extracting(slice.range)
    var end = 0
    while end < value.count, value[end] != UInt8(ascii: ";") { end += 1 }
    return fits(value.extracting(0..<end).trimmingBlanks())
  }
}

extension Span where Element == UInt8 {
  /// Whether this is a media type, in any case; `type` is in lower case.
  fileprivate func equalsType(_ type: StaticString) -> Bool {
    equalsIgnoringCase(type.span)
  }

  /// `application/json`, or a type built on it (RFC 6839 section 3.1).
  fileprivate var isJSON: Bool {
    if equalsType("application/json") || equalsType("text/json") { return true }
    let suffix: StaticString = "+json"
    return count > 5 && extracting(count - 5..<count).equalsIgnoringCase(suffix.span)
  }
}

extension DecodingError {
  /// The mistake in the body, for the client that sent it. The sentence says nothing about the program.
  fileprivate var sentence: String {
    switch self {
    case .keyNotFound(let key, let context):
      "the field \(Self.place(context.codingPath + [key])) is missing"
    case .typeMismatch(let type, let context):
      "\(Self.named(context.codingPath)) is not \(Self.name(of: type))"
    case .valueNotFound(let type, let context):
      "\(Self.named(context.codingPath)) is null, not \(Self.name(of: type))"
    case .dataCorrupted(let context):
      if let fault = context.underlyingError as? ValueFault {
        "\(Self.named(context.codingPath)) \(fault.predicate)"
      } else {
        context.codingPath.isEmpty
          ? "the body is not JSON" : "\(Self.named(context.codingPath)) has a value that is not allowed"
      }
    @unknown default: "the body does not fit"
    }
  }

  private static func named(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "the body" : "the field \(place(path))"
  }

  /// `users[3].name`
  private static func place(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "text"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number in range"
    case is any BinaryFloatingPoint.Type, is Decimal.Type: "a number"
    case is [Any].Type: "an array"
    case is [String: Any].Type: "an object"
    default: "what is expected there"
    }
  }
}

// TestResponse: an answer as a test looks at it.

public import Apus
public import FoundationEssentials

/// One answer, whole.
public struct TestResponse: Sendable {
  /// The status.
  public let status: Status
  /// In their order, names as they were sent.
  public let fields: [(name: String, value: String)]
  /// The content, without the framing of chunks.
  public let body: [UInt8]
  /// Whether the answer says that the connection ends after it.
  public let closesConnection: Bool

  init(_ answer: Answer) {
    status = Status(UInt16(answer.status))
    fields = answer.fields
    body = answer.body
    closesConnection = answer.closes
  }

  /// The content as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// The value of a field, its name in any case; several lines joined by commas. Nil if there is none.
  public subscript(name: String) -> String? {
    let values = fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  /// The content as a value, from JSON; by the decoder of `JSONDefaults` unless one is given.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, decoder: JSONDecoder? = nil
  ) throws -> Value {
    try JSONText.decode(type, body, decoder)
  }
}

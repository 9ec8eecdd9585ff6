// Answers in JSON.

public import ApusEngine
public import ApusJSON
public import ApusWire
public import FoundationEssentials

extension Response {
  /// A value as JSON, by Codable.
  /// - Parameter encoder: One of your own, made once; nil for one of `JSONDefaults`: dates are ISO 8601 with
  ///   milliseconds, slashes are not escaped.
  /// - Throws: what the value's `encode` throws; a handler that lets it pass answers 500.
  /// - Cost: Foundation's encoder, some microseconds and many allocations;
  ///   `json(writing:)` is for hot answers.
  public static func json(
    _ value: some Encodable, status: Status = .ok, encoder: JSONEncoder? = nil
  ) throws -> Response {
    let encoder = encoder ?? JSONDefaults.encoder()
    return .bytes([UInt8](try encoder.encode(value)), status: status, type: .json)
  }

  /// A value as JSON that writes itself.
  /// - Parameter capacity: bytes to begin with; an answer that fits is written in one allocation.
  /// - Throws: `JSONFault` for a number that JSON does not have.
  public static func json(
    writing value: some JSONWritable, status: Status = .ok, capacity: Int = 1000
  ) throws(JSONFault) -> Response {
    var json = JSONWriter(capacity: capacity)
    json.value(value)
    return try Response(finishing: json, status)
  }

  /// An object that the closure writes: `.json { $0.member("id", 7) }`.
  /// - Throws: `JSONFault` for a number that JSON does not have.
  public static func json(
    status: Status = .ok, capacity: Int = 1000, _ members: (inout JSONObjectWriter) -> Void
  ) throws(JSONFault) -> Response {
    var json = JSONWriter(capacity: capacity)
    json.object(members)
    return try Response(finishing: json, status)
  }

  private init(finishing json: consuming JSONWriter, _ status: Status) throws(JSONFault) {
    self = Response(status, .json, body: .shared(try json.finish()))
  }
}

// The short forms: a whole response in memory.

public import ApusWire
public import FoundationEssentials

/// A response that was read to its end.
public struct CollectedResponse: Sendable {
  /// The final status: interim ones are not seen. 500 for a number from 600 to 999, which HTTP does not
  /// have (RFC 9110 section 15).
  public let status: Status
  /// The three digits as they came, 100 to 999: those of `status`, or what stands in its place.
  public let statusCode: UInt16
  /// In their order.
  public let fields: [(name: String, value: String)]
  /// The content, all of it.
  public let bytes: [UInt8]
  /// Fields that came behind the content (RFC 9110 section 6.5).
  public let trailers: [ResponseField]
  /// Where it came from, redirects followed.
  public let url: String
  /// Which connection brought it.
  public let connection: ClientConnectionInfo

  /// The content as text; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The value of the first field of that name, in any case.
  public func header(_ name: String) -> String? {
    let name = name.lowercased()
    return fields.first { $0.name.lowercased() == name }?.value
  }

  /// A value, from JSON.
  /// - Parameter decoder: One of your own; nil for one of `JSONDefaults`: dates are ISO 8601.
  /// - Throws: `DecodingError`.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, decoder: JSONDecoder? = nil
  ) throws -> Value {
    try JSONText.decode(type, bytes, decoder)
  }
}

extension Client {
  /// Makes a request and reads its response, of at most `limit` bytes of content.
  /// - Throws: `ClientError`, `CancellationError`.
  public func send(_ request: ClientRequest, upTo limit: Int = 1 << 20) async throws -> CollectedResponse {
    try await perform(request) { head, body in
      let bytes = try await body.collect(upTo: limit)
      return CollectedResponse(
        status: head.status, statusCode: head.statusCode, fields: head.allHeaders, bytes: bytes,
        trailers: body.trailers, url: head.url,
        connection: head.connection)
    }
  }

  /// GET, and the whole response.
  public func get(
    _ url: String, fields: [ResponseField] = [], upTo limit: Int = 1 << 20
  ) async throws -> CollectedResponse {
    try await send(ClientRequest(.get, url, fields: fields), upTo: limit)
  }

  /// POST, and the whole response.
  public func post(
    _ url: String, _ body: ClientBody, fields: [ResponseField] = [], upTo limit: Int = 1 << 20
  ) async throws -> CollectedResponse {
    try await send(ClientRequest(.post, url, fields: fields, body: body), upTo: limit)
  }
}

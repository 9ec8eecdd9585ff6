// TestClient: asks a TestServer, on one connection that is kept as long as the server keeps it.

public import Apus
public import FoundationEssentials

/// The client of a test's server. One request at a time: it is not `Sendable`.
public final class TestClient {
  /// In how many pieces requests arrive.
  public enum Splitting: Sendable {
    /// In one.
    case whole
    /// One byte at a time.
    case everyByte
    /// In two, after so many bytes: for all of 1 up to the request's length, a test sees every way to cut it in two.
    case after(Int)
  }

  /// How the next requests are cut.
  public var splitting = Splitting.whole
  private let transport: any TestTransport

  init(_ transport: any TestTransport) { self.transport = transport }

  /// Asks with GET.
  public func get(_ target: String, fields: [ResponseField] = []) async throws -> TestResponse {
    try await send(.get, target, fields: fields)
  }

  /// Asks with DELETE.
  public func delete(_ target: String, fields: [ResponseField] = []) async throws -> TestResponse {
    try await send(.delete, target, fields: fields)
  }

  /// Asks with POST.
  public func post(
    _ target: String, _ body: String = "", type: MediaType? = nil, fields: [ResponseField] = []
  ) async throws -> TestResponse {
    try await send(.post, target, fields: fields + Self.field(type), body: Array(body.utf8))
  }

  /// Asks with POST and a value as JSON, by the encoder of `JSONDefaults` unless one is given.
  public func post(
    _ target: String, json value: some Encodable, encoder: JSONEncoder? = nil, fields: [ResponseField] = []
  ) async throws -> TestResponse {
    try await send(.post, target, json: value, encoder: encoder, fields: fields)
  }

  /// Asks with any method and a value as JSON, by the encoder of `JSONDefaults` unless one is given.
  public func send(
    _ method: Method, _ target: String, json value: some Encodable, encoder: JSONEncoder? = nil,
    fields: [ResponseField] = []
  ) async throws -> TestResponse {
    let encoder = encoder ?? JSONDefaults.encoder()
    return try await send(
      method, target, fields: fields + Self.field(.json), body: [UInt8](try encoder.encode(value)))
  }

  /// Asks with any method. `Host` is there by itself, `Content-Length` where there is a body.
  public func send(
    _ method: Method, _ target: String, fields: [ResponseField] = [], body: [UInt8] = []
  ) async throws -> TestResponse {
    var head = "\(method.name) \(target) HTTP/1.1\r\nHost: test\r\n"
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
    return try await send(bytes: Array((head + "\r\n").utf8) + body, method: method)
  }

  /// Sends bytes as they are, which ask one thing, well or badly. `method` says how the answer ends: HEAD has no content.
  public func send(bytes: [UInt8], method: Method = .get) async throws -> TestResponse {
    TestResponse(try await transport.exchange(cut(bytes), method: method.name))
  }

  /// Lets virtual time pass: time-outs run out, handlers that sleep go on. Only in memory.
  public func pass(_ duration: Duration) throws { try transport.pass(duration) }

  private func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    switch splitting {
    case .whole: return [bytes]
    case .everyByte: return bytes.map { [$0] }
    case .after(let count):
      let place = min(max(0, count), bytes.count)
      return [Array(bytes[..<place]), Array(bytes[place...])].filter { !$0.isEmpty }
    }
  }

  private static func field(_ type: MediaType?) -> [ResponseField] {
    type.flatMap { ResponseField(name: "Content-Type", value: $0.text) }.map { [$0] } ?? []
  }
}

// TestClient: asks a TestServer, on a connection that is kept as long as the server keeps it; of several
// requests at once each has its own.

public import Apus
import ApusRing
public import FoundationEssentials

/// The client of a test's server. Several tasks may ask at once (`async let`, a task group); which of
/// them comes first is theirs to settle. `start` begins requests in the order of its calls, and does
/// not wait for their answers.
public final class TestClient: Sendable {
  /// In how many pieces requests arrive.
  public enum Splitting: Sendable {
    /// In one.
    case whole
    /// One byte at a time.
    case everyByte
    /// In two, after so many bytes: for all of 1 up to the request's length, a test sees
    /// every way to cut it in two.
    case after(Int)
  }

  /// The bounds of each wait. A response that never ends fails its test by them.
  public struct Limits: Sendable {
    /// Bytes of content of an answer that is taken whole.
    public var bytes = 64 << 20
    /// The server's time between a call and what it waits for: virtual in memory, where it costs next to
    /// nothing; a live server's is real.
    public var time: Duration = .seconds(86_400)

    /// The defaults above.
    public init() {}
  }

  private struct Settings {
    var splitting = Splitting.whole
    var limits = Limits()
  }

  private let transport: any TestTransport
  private let settings = Lock(Settings())

  init(_ transport: any TestTransport) { self.transport = transport }

  /// How the next requests are cut.
  public var splitting: Splitting {
    get { settings.withLock { $0.splitting } }
    set { settings.withLock { $0.splitting = newValue } }
  }

  /// How much the next requests wait for, and for how long.
  public var limits: Limits {
    get { settings.withLock { $0.limits } }
    set { settings.withLock { $0.limits = newValue } }
  }

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
    try await begin(try Self.request(method, target, fields, body), method).response()
  }

  /// Sends bytes as they are, which ask one thing, well or badly. `method` says how the answer
  /// ends: HEAD has no content.
  public func send(bytes: [UInt8], method: Method = .get) async throws -> TestResponse {
    try await begin(bytes, method).response()
  }

  /// Begins a request and does not wait for its answer, which may be taken in parts:
  ///
  /// ```swift
  /// let ticks = try client.start(.get, "/ticks")
  /// #expect(try await ticks.nextEvent() == TestEvent("0", event: "tick"))
  /// ticks.cancel()
  /// ```
  ///
  /// In memory the handler has come as far as it comes without time passing when this returns.
  public func start(
    _ method: Method, _ target: String, fields: [ResponseField] = [], body: [UInt8] = []
  ) throws -> TestExchange {
    try start(bytes: try Self.request(method, target, fields, body), method: method)
  }

  /// The same for bytes as they are.
  public func start(bytes: [UInt8], method: Method = .get) throws -> TestExchange {
    let exchange = try begin(bytes, method)
    transport.settle()
    return exchange
  }

  private func begin(_ bytes: [UInt8], _ method: Method) throws -> TestExchange {
    TestExchange(try transport.begin(cut(bytes), method: method.name), limits)
  }

  private static func request(
    _ method: Method, _ target: String, _ fields: [ResponseField], _ body: [UInt8]
  ) throws -> [UInt8] {
    if let refused = fields.first(where: \.isRefused) { throw TestServerError.invalidField(refused.name) }
    var head = "\(method.name) \(target) HTTP/1.1\r\nHost: test\r\n"
    for field in fields { head += "\(field.name): \(field.value)\r\n" }
    if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
    return Array((head + "\r\n").utf8) + body
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

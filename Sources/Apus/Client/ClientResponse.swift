// ClientResponse and ResponseBody: a response as its caller sees it, for as long as the closure
// runs that it is lent to.

public import ApusEngine
public import ApusWire
public import FoundationEssentials

/// The head of a response: a view that ends with the closure it is lent to.
public struct ClientResponse: ~Copyable, ~Escapable, Sendable {
  private let head: ReceivedHead
  let bytes: Span<UInt8>
  let fields: Span<FieldLine>
  private let facts: ClientConnectionFacts
  private let plan: RequestPlan

  @_lifetime(borrow copy)
  init(_ copy: borrowing ResponseCopy, _ facts: ClientConnectionFacts, _ plan: RequestPlan) {
    head = copy.head
    bytes = copy.bytes
    fields = copy.fields
    self.facts = facts
    self.plan = plan
  }

  /// Which connection brought it.
  public var connection: ClientConnectionInfo { ClientConnectionInfo(facts) }

  /// Where it came from, redirects followed.
  public var url: String { plan.url.text }

  /// The final status: interim ones are not seen. 500 for a number from 600 to 999, which HTTP does not
  /// have (RFC 9110 section 15).
  public var status: Status { head.status }

  /// The three digits as they came, 100 to 999: those of `status`, or what stands in its place.
  public var statusCode: UInt16 { head.statusCode }

  /// The reason phrase, for people.
  public var reason: String {
    String(decoding: [UInt8](copying: bytes.extracting(head.reason.range)), as: UTF8.self)
  }

  /// The value of the first field of that name, in any case; nil if there is none. Bytes that
  /// are no UTF-8 are replaced.
  public func header(_ name: String) -> String? {
    guard let slice = firstValue(of: name.lowercased(), in: bytes, fields: fields) else { return nil }
    return String(decoding: [UInt8](copying: bytes.extracting(slice.range)), as: UTF8.self)
  }

  /// All values of fields of that name, in their order.
  public func headers(_ name: String) -> [String] {
    let name = name.lowercased()
    var values: [String] = []
    var index = 0
    while let found = nextValue(of: name, from: index, in: bytes, fields: fields) {
      values.append(String(decoding: [UInt8](copying: bytes.extracting(found.value.range)), as: UTF8.self))
      index = found.index + 1
    }
    return values
  }

  /// All fields, in their order.
  public var allHeaders: [(name: String, value: String)] {
    var all: [(name: String, value: String)] = []
    for index in fields.indices {
      all.append(
        (
          String(decoding: [UInt8](copying: bytes.extracting(fields[index].name.range)), as: UTF8.self),
          String(decoding: [UInt8](copying: bytes.extracting(fields[index].value.range)), as: UTF8.self)
        ))
    }
    return all
  }

  /// The redirect that this is, if it is one that cannot be followed: where to, and why not.
  package var unfollowedRedirect: (location: String, why: String)? {
    do throws(Redirect.Refusal) {
      _ = try Redirect(self, plan)
      return nil
    } catch {
      return (error.location, error.why)
    }
  }

  /// The head as it came, to the end of its empty line; folded lines are one.
  package var headBytes: Span<UInt8> {
    @_lifetime(copy self)
    get { bytes }
  }

  var hasContent: Bool { head.framing != .none }

  /// Bytes of content that the head announces: 0 without content, nil if only its end will tell. They are
  /// counted as received: if `ResponseBody.undoneCoding` names a coding, the decoded content is longer.
  public var expectedCount: UInt64? {
    switch head.framing {
    case .none: 0
    case .length(let count): count
    case .chunked, .untilClose: nil
    }
  }

  /// The server lets the connection live on.
  public var keepsConnection: Bool { head.keepsAlive }
}

/// Which connection carried a request.
public struct ClientConnectionInfo: Sendable, Equatable {
  /// A number of its own among all that the core has opened.
  public let number: UInt64
  /// It had carried a request before.
  public let isReused: Bool
  /// Requests on it, this one included.
  public let uses: UInt32
  /// Since it was opened.
  public let age: Duration
  /// How long it had been idle.
  public let idle: Duration

  init(_ facts: ClientConnectionFacts) {
    number = facts.identity
    isReused = facts.isReused
    uses = facts.uses
    age = .milliseconds(Int64(clamping: facts.ageTicks))
    idle = .milliseconds(Int64(clamping: facts.idleTicks))
  }
}

/// The content of a response, read as it comes. At most a quarter of a MiB is received before it is read.
public struct ResponseBody: ~Copyable, Sendable {
  let call: ClientCall
  private var decoding: ContentDecoding?

  init(_ call: ClientCall, _ decoding: consuming ContentDecoding?) {
    self.call = call
    self.decoding = decoding
  }

  /// The content coding that reading undoes, one of `Client.Configuration.contentCodings`; nil if the
  /// content is read as it came.
  public var undoneCoding: String? { decoding?.name }

  /// The next piece; nil at the end. Suspends until there is one.
  /// - Throws: `ClientError`, `CancellationError`.
  public mutating func read() async throws -> BodyChunk? {
    if decoding != nil { return try await readDecoded() }
    return try await receive()
  }

  private mutating func readDecoded() async throws -> BodyChunk? {
    while true {
      if let chunk = try decoding?.next() { return chunk }
      guard let chunk = try await receive() else {
        try decoding?.finish()
        return nil
      }
      decoding?.take(chunk)
    }
  }

  private func receive() async throws -> BodyChunk? {
    call.isOnItsCore ? try await call.read() : try await readFromElsewhere()
  }

  /// From an actor of the caller's own.
  @concurrent
  private func readFromElsewhere() async throws -> BodyChunk? { try await call.read() }

  /// Fields that stood behind the content; empty before its end. Forbidden ones (RFC 9110
  /// section 6.5.1) are left out.
  public var trailers: [ResponseField] { call.trailers }

  /// All of what is left.
  /// - Throws: `ClientError.bodyTooLarge` beyond `limit` bytes; what `read` throws.
  public mutating func collect(upTo limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let chunk = try await read() {
      if bytes.count + chunk.count > limit { throw ClientError.bodyTooLarge }
      bytes.append(copying: chunk.bytes)
    }
    return bytes
  }

  /// All of what is left, as text; bytes that are no UTF-8 are replaced.
  public mutating func text(upTo limit: Int) async throws -> String {
    String(decoding: try await collect(upTo: limit), as: UTF8.self)
  }

  /// A value, from JSON.
  /// - Parameter decoder: One of your own; nil for one of `JSONDefaults`: dates are ISO 8601.
  /// - Throws: `DecodingError`; what `collect` throws.
  public mutating func decode<Value: Decodable & Sendable>(
    _ type: Value.Type = Value.self, upTo limit: Int, decoder: JSONDecoder? = nil
  ) async throws -> Value {
    try JSONText.decode(type, try await collect(upTo: limit), decoder)
  }

  /// Reads and drops what is left, up to `limit` bytes.
  public mutating func discard(upTo limit: UInt64 = .max) async throws {
    var count: UInt64 = 0
    while let chunk = try await read() {
      count += UInt64(chunk.count)
      if count > limit { throw ClientError.bodyTooLarge }
    }
  }
}

// RequestPlan: a request made ready to be sent, and what a redirect makes of it.

import ApusEngine
import ApusWire

struct RequestPlan: Sendable {
  private(set) var url: HTTPURL
  private var methodName: String
  private var fields: [ResponseField]
  private var body: ClientBody
  let closesConnection: Bool
  private(set) var expectsContinue: Bool
  private let userAgent: String?
  private let unixSocket: String?

  init(_ request: ClientRequest, _ configuration: Client.Configuration) throws(ClientError) {
    do throws(HTTPURL.Fault) {
      url = try HTTPURL(request.url)
    } catch {
      throw ClientError(error)
    }
    if url.scheme == .https { throw .unsupportedScheme }
    if !request.query.isEmpty {
      url.target +=
        (url.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + URLEncoding.form(request.query)
    }
    methodName = request.method
    guard Method.isToken(methodName) else { throw .invalidMethod(methodName) }
    fields = request.fields.filter { !Self.isOwn($0.name) }
    body = request.body
    closesConnection = request.closesConnection
    expectsContinue = request.expectsContinue
    if case .none = body.storage { expectsContinue = false }
    userAgent = configuration.userAgent
    unixSocket = configuration.unixSocket
  }

  /// What frames the message and keeps the connection is the client's to say: two lengths make two messages of one.
  private static func isOwn(_ name: String) -> Bool {
    switch name.utf8.count {
    case 6: name.lowercased() == "expect"
    case 10: ["connection", "keep-alive"].contains(name.lowercased())
    case 14: name.lowercased() == "content-length"
    case 17: name.lowercased() == "transfer-encoding"
    default: false
    }
  }

  var method: Method { Method(Array(methodName.utf8).span) }

  var key: PoolKey {
    guard let unixSocket else { return PoolKey(host: url.host, port: url.port) }
    return PoolKey(host: unixSocket, port: 0)
  }

  var isReplayable: Bool { body.isReplayable }

  /// The body does not go out with the head, or not all of it.
  var hasMore: Bool {
    if case .stream = body.storage { return true }
    return expectsContinue
  }

  var stream: (UInt64?, @Sendable (inout ClientBodyWriter) async throws -> Void)? {
    if case .stream(let length, let write) = body.storage { return (length, write) }
    return nil
  }

  /// The body that is here and waits for leave.
  var withheld: [BodyChunk] {
    if expectsContinue, case .chunk(let chunk) = body.storage { return [chunk] }
    return []
  }

  /// A body up to this size is copied behind the head.
  private static let copiedBytes = 16 << 10

  /// What is sent at once: the head, and the body unless it waits.
  var chunks: [BodyChunk] {
    var head = RequestHeadBuilder(methodName, url, fields)
    if let userAgent { head.add("User-Agent", userAgent) }
    if closesConnection { head.add("Connection", "close") }
    if expectsContinue { head.add("Expect", "100-continue") }
    switch body.storage {
    case .none:
      if ["POST", "PUT", "PATCH"].contains(methodName) { head.add("Content-Length", "0") }
      return [head.finish(nil)]
    case .chunk(let chunk):
      if let type = body.contentType { head.add("Content-Type", type) }
      head.add("Content-Length", String(chunk.count))
      if expectsContinue { return [head.finish(nil)] }
      if chunk.count <= Self.copiedBytes { return [head.finish(chunk)] }
      return [head.finish(nil), chunk]
    case .stream(let length, _):
      if let type = body.contentType { head.add("Content-Type", type) }
      if let length {
        head.add("Content-Length", String(length))
      } else {
        head.add("Transfer-Encoding", "chunked")
      }
      return [head.finish(nil)]
    }
  }

  /// The request that a redirect asks for (RFC 9110 section 15.4).
  mutating func follow(_ redirect: Redirect) throws {
    if redirect.dropsBody {
      methodName = methodName == "HEAD" ? "HEAD" : "GET"
      body = .none
      expectsContinue = false
      fields.removeAll {
        ["content-type", "content-encoding", "content-language"].contains($0.name.lowercased())
      }
    } else if !body.isReplayable {
      throw ClientError.bodyNotReplayable
    }
    // What was meant for one origin is not told to another.
    if redirect.url.host != url.host || redirect.url.port != url.port || redirect.url.scheme != url.scheme {
      let secrets = ["authorization", "cookie", "proxy-authorization", "host", "origin"]
      fields.removeAll { secrets.contains($0.name.lowercased()) }
    }
    url = redirect.url
  }

  var methodDropsBody: (UInt16) -> Bool {
    let name = methodName
    return { status in status == 303 ? name != "HEAD" : (status == 301 || status == 302) && name == "POST" }
  }
}

/// Writes a head without strings in between.
struct RequestHeadBuilder {
  private var bytes: [UInt8] = []
  private var names: [String]

  init(_ method: String, _ url: HTTPURL, _ fields: [ResponseField]) {
    names = fields.map { $0.name.lowercased() }
    bytes.reserveCapacity(512)
    bytes.append(contentsOf: method.utf8)
    bytes.append(0x20)
    bytes.append(contentsOf: url.target.utf8)
    bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
    add("Host", url.authority)
    for field in fields { line(field.name, field.value) }
  }

  /// A field that the caller may have written itself.
  mutating func add(_ name: String, _ value: String) {
    if !names.isEmpty, names.contains(name.lowercased()) { return }
    line(name, value)
  }

  private mutating func line(_ name: String, _ value: String) {
    bytes.append(contentsOf: name.utf8)
    bytes.append(contentsOf: ": ".utf8)
    bytes.append(contentsOf: value.utf8)
    bytes.append(contentsOf: "\r\n".utf8)
  }

  /// The whole head, and the body behind it.
  consuming func finish(_ body: BodyChunk?) -> BodyChunk {
    bytes.append(contentsOf: "\r\n".utf8)
    let count = bytes.count + (body?.count ?? 0)
    let buffer = BodyBuffer(count)
    _ = buffer.append(bytes.span)
    if let body { _ = buffer.append(body.bytes) }
    return BodyChunk(buffer, 0..<count)
  }
}

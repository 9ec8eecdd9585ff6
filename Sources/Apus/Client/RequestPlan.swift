// RequestPlan: a request made ready to be sent, and what a redirect makes of it. It never changes, so that a
// request that is made again and again is made ready once.

import ApusEngine
import ApusWire

final class RequestPlan: Sendable {
  let url: HTTPURL
  let method: Method
  let methodName: String
  let key: PoolKey
  let fields: [ResponseField]
  let body: ClientBody
  let closesConnection: Bool
  let expectsContinue: Bool
  /// The client undoes what the response is coded in, and said so.
  let offersCodings: Bool
  /// The client can follow a redirect to https.
  let speaksHTTPS: Bool
  /// The bytes that are sent at once: the head, and the body unless it waits or is streamed.
  let chunks: [BodyChunk]

  /// A body up to this size is copied behind the head.
  private static let copiedBytes = 16 << 10

  init(
    _ methodName: String, _ url: HTTPURL, _ fields: [ResponseField], _ body: ClientBody,
    closesConnection: Bool,
    expectsContinue: Bool, _ configuration: Client.Configuration
  ) throws(ClientError) {
    self.url = url
    self.methodName = methodName
    self.fields = fields
    self.body = body
    self.closesConnection = closesConnection
    self.expectsContinue = expectsContinue
    speaksHTTPS = configuration.security != nil
    method = Method(Array(methodName.utf8).span)
    let isSecured = url.scheme == .https
    let chosen = isSecured ? configuration.tunnelProxy : configuration.proxy
    let proxy = configuration.unixSocket == nil ? chosen.flatMap { $0.serves(url.host) ? $0 : nil } : nil
    if let refusal = proxy?.refusal { throw .proxyUnusable(refusal) }
    key = try PoolKey(url, proxy, configuration)
    // A proxy is asked for the whole URL (RFC 9112 section 3.2.2), unless it makes a tunnel and sees no
    // request.
    let isProxied = proxy != nil && !isSecured
    var head = RequestHeadBuilder(methodName, isProxied ? url.text : url.target, url.authority, fields)
    if isProxied, let authorization = proxy?.authorization { head.add("Proxy-Authorization", authorization) }
    if let userAgent = configuration.userAgent { head.add("User-Agent", userAgent) }
    let codings = configuration.contentCodings
    // Part of coded content cannot be decoded, and whoever names codings wants them (RFC
    // 9110 sections 8.4 and 14.2).
    offersCodings =
      !codings.isEmpty && method != .head && !head.has("range") && !head.has("accept-encoding")
    if offersCodings { head.add("Accept-Encoding", codings.map(\.name).joined(separator: ", ")) }
    if closesConnection { head.add("Connection", "close") }
    if expectsContinue { head.add("Expect", "100-continue") }
    switch body.storage {
    case .none:
      if ["POST", "PUT", "PATCH"].contains(methodName) { head.add("Content-Length", "0") }
      chunks = [head.finish(nil)]
    case .chunk(let chunk):
      if let type = body.contentType { head.add("Content-Type", type) }
      head.add("Content-Length", String(chunk.count))
      if expectsContinue {
        chunks = [head.finish(nil)]
      } else if chunk.count <= Self.copiedBytes {
        chunks = [head.finish(chunk)]
      } else {
        chunks = [head.finish(nil), chunk]
      }
    case .stream(let length, _):
      if let type = body.contentType { head.add("Content-Type", type) }
      if let length {
        head.add("Content-Length", String(length))
      } else {
        head.add("Transfer-Encoding", "chunked")
      }
      chunks = [head.finish(nil)]
    }
  }

  var isReplayable: Bool { body.isReplayable }

  /// The head, without what is sent behind it at once.
  var headBytes: [UInt8] {
    let first = chunks[0]
    guard case .chunk(let behind) = body.storage, chunks.count == 1, !expectsContinue else {
      return [UInt8](copying: first.bytes)
    }
    return [UInt8](copying: first.bytes.extracting(0..<first.count - behind.count))
  }

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
  var withheld: BodyChunk? {
    if expectsContinue, case .chunk(let chunk) = body.storage { return chunk }
    return nil
  }

  /// The request that a redirect asks for (RFC 9110 section 15.4).
  func following(_ redirect: Redirect, _ configuration: Client.Configuration) throws(ClientError)
    -> RequestPlan
  {
    var (name, fields, body, expectsContinue) = (methodName, fields, body, expectsContinue)
    if redirect.dropsBody {
      name = methodName == "HEAD" ? "HEAD" : "GET"
      body = .none
      expectsContinue = false
      fields.removeAll { Self.describesContent($0.name.lowercased()) }
    } else if !body.isReplayable {
      throw .bodyNotReplayable
    }
    // Fields that are meant for one origin are not sent to another.
    if redirect.url.host != url.host || redirect.url.port != url.port || redirect.url.scheme != url.scheme {
      let secrets = ["authorization", "cookie", "proxy-authorization", "host", "origin"]
      fields.removeAll { secrets.contains($0.name.lowercased()) }
    }
    return try RequestPlan(
      name, redirect.url, fields, body, closesConnection: closesConnection, expectsContinue: expectsContinue,
      configuration)
  }

  /// It says something of a body that is sent no more (RFC 9110 section 15.4).
  private static func describesContent(_ name: String) -> Bool {
    name.hasPrefix("content-") || ["digest", "repr-digest", "last-modified"].contains(name)
  }

  /// A redirect with this status makes a GET of the request.
  func dropsBody(_ status: UInt16) -> Bool {
    status == 303 ? methodName != "HEAD" : (status == 301 || status == 302) && methodName == "POST"
  }
}

extension PoolKey {
  /// What a connection for requests to `url` is opened with.
  init(
    _ url: HTTPURL, _ proxy: ForwardProxy?, _ configuration: Client.Configuration
  ) throws(ClientError) {
    if let path = configuration.unixSocket {
      self.init(host: path, port: 0)
    } else {
      self.init(host: proxy?.host ?? url.host, port: proxy?.port ?? url.port)
    }
    guard url.scheme == .https else { return }
    guard let security = configuration.security else { throw .unsupportedScheme }
    scheme = .https
    serverName = url.host
    tlsConfiguration = security.number
    guard let proxy else { return }
    let host = url.host.contains(":") ? "[\(url.host)]" : url.host
    tunnel = Tunnel(to: "\(host):\(url.port)", authorization: proxy.authorization)
  }
}

/// Writes a head without strings in between.
struct RequestHeadBuilder {
  private var bytes: [UInt8] = []
  private var names: [String]

  init(_ method: String, _ target: String, _ authority: String, _ fields: [ResponseField]) {
    names = fields.map { $0.name.lowercased() }
    bytes.reserveCapacity(512)
    bytes.append(contentsOf: method.utf8)
    bytes.append(0x20)
    bytes.append(contentsOf: target.utf8)
    bytes.append(contentsOf: " HTTP/1.1\r\n".utf8)
    add("Host", authority)
    for field in fields { line(field.name, field.value) }
  }

  /// A field that the caller may have written itself.
  mutating func add(_ name: String, _ value: String) {
    if !names.isEmpty, names.contains(name.lowercased()) { return }
    line(name, value)
  }

  /// The caller has written a field of that name, in small letters.
  func has(_ name: String) -> Bool { names.contains(name) }

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

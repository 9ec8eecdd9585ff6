import Apus
import ApusTestSupport
import ApusWire
import Synchronization
import Testing

/// K5 and K6, our client at others' servers: where an answer without content ends is never mistaken, and a
/// refusal in the middle of an upload arrives.
@Suite struct FramingPeerTests {
  private typealias Case = (method: ApusWire.Method, path: String, status: UInt16)

  /// Every kind of answer, all over one connection.
  private static func ask(_ base: String, _ cases: [Case]) async throws {
    let client = patientClient()
    var connections = 0
    for _ in 0..<3 {
      for (method, path, status) in cases {
        let answer = try await client.send(ClientRequest(method, base + path))
        let isEmpty = method == .head || status == 204 || status == 304 || path == "/empty"
        #expect(answer.status.code == status && answer.bytes.isEmpty == isEmpty, "\(method) \(path)")
        if !answer.connection.isReused { connections += 1 }
      }
    }
    #expect(connections == 1)
  }

  private static let matrix: [Case] = [
    (.get, "/full", 200), (.head, "/full", 200), (.get, "/status/204", 204), (.head, "/status/204", 204),
    (.get, "/status/304", 304), (.head, "/status/304", 304), (.get, "/empty", 200), (.head, "/empty", 200),
    (.head, "/missing/x", 404), (.get, "/full", 200),
  ]

  @Test func `our own answers end where they end`() async throws {
    var router = clientRoutes()
    router.get("/full") { _ in .text("full") }
    router.get("/empty") { _ in .text("") }
    let (_, summary) = try await withServer(router) { url in try await Self.ask(url, Self.matrix) }
    #expect(summary.connections == 1 && summary.requests == 30)
  }

  @Test(.enabled(if: PeerServer.hasNode, "node is not installed"))
  func `Node's answers end where they end`() async throws {
    let script = """
      const server = require('http').createServer((request, response) => {
        const code = /^.status.(\\d+)$/.exec(request.url);
        if (code) response.statusCode = Number(code[1]);
        else if (request.url === '/full') return response.end('full');
        else if (request.url !== '/empty') response.statusCode = 404;
        response.end();
      });
      server.keepAliveTimeout = 600000;
      """
    try await PeerServer.node(script) { try await Self.ask($0.url, Self.matrix) }
  }

  @Test(.enabled(if: PeerServer.hasNginx, "nginx is not installed"))
  func `nginx's answers end where they end`() async throws {
    let locations = """
      location = /full { return 200 "full"; } location = /empty { return 200; }
      location = /status/204 { return 204; } location = /status/304 { return 304; }
      """
    try await PeerServer.nginx(http: "keepalive_timeout 600s;", server: locations) {
      try await Self.ask($0.url, Self.matrix)
    }
  }

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp's answers end where they end`() async throws {
    let script = """
      async def full(request): return web.Response(text='full')
      async def empty(request): return web.Response()
      async def status(request): return web.Response(status=int(request.match_info['code']))
      app.router.add_get('/full', full)
      app.router.add_get('/empty', empty)
      app.router.add_get('/status/{code}', status)
      """
    try await PeerServer.aiohttp(script, "keepalive_timeout=600,") { try await Self.ask($0.url, Self.matrix) }
  }

  @Test(.enabled(if: PeerServer.hasH2O, "h2o is not installed"))
  func `h2o's answers end where they end`() async throws {
    let cases = Self.matrix.filter { $0.status == 200 || $0.status == 404 }
    try await PeerServer.h2o(
      settings: "http1-request-timeout: 600", files: ["full": "full", "empty": ""]
    ) { try await Self.ask($0.url, cases) }
  }

  // MARK: refusals in the middle of an upload

  /// Uploads that would never end, each told 413.
  private static func upload(_ url: String) async throws {
    let client = patientClient()
    let piece = pattern(10_000)
    for _ in 0..<3 {
      let status = try await client.post(
        url, .stream { writer in while true { try await writer.write(piece) } }
      ).status
      #expect(status == .contentTooLarge)
    }
    let held = await client.auditForTesting()
    #expect(held == [])
  }

  @Test func `our own refusal reaches an upload that would never end`() async throws {
    let (_, summary) = try await withServer(
      clientRoutes(),
      {
        $0.limits.collectBytes = 100_000
        $0.timeouts.linger = .seconds(20)
      }
    ) { url in try await Self.upload(url + "/echo") }
    #expect(summary.closes(.protocolError) == 3)
  }

  @Test(.enabled(if: PeerServer.hasNode, "node is not installed"))
  func `Node's refusal reaches an upload that would never end`() async throws {
    let script = """
      const server = require('http').createServer((request, response) => {
        request.resume();
        request.once('data', () => { response.writeHead(413, {Connection: 'close'}); response.end('no'); });
      });
      """
    try await PeerServer.node(script) { try await Self.upload($0.url) }
  }

  @Test(.enabled(if: PeerServer.hasNginx, "nginx is not installed"))
  func `nginx's refusal reaches an upload that would never end`() async throws {
    try await PeerServer.nginx(
      http: "client_max_body_size 50k;", server: "location / { proxy_pass http://127.0.0.1:1; }"
    ) { try await Self.upload($0.url) }
  }

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp's refusal reaches an upload that would never end`() async throws {
    let script = """
      async def sink(request): return web.Response(text=str(len(await request.read())))
      app = web.Application(client_max_size=50000)
      app.router.add_post('/', sink)
      """
    try await PeerServer.aiohttp(script) { try await Self.upload($0.url) }
  }
}

import Apus
import ApusRing
import ApusTestTree
import ApusWire
import Foundation
import Glibc
import Testing

/// The race between a request and the server's own idle time-out: gaps around the time-out, many connections at once, each
/// to an address of its own. No idempotent request fails, and no other is executed twice. `APUS_LONG=1` takes two seconds
/// and every millisecond, with servers that others wrote, too.
@Suite(.serialized) struct CloseRaceTests {
  private static let isLong = ProcessInfo.processInfo.environment["APUS_LONG"] != nil

  /// What became of one request after its gap.
  private struct Outcome: Sendable {
    let isGet: Bool
    let gap: Int
    var isReused = false
    var failure: String?
  }

  /// Gaps of 0.9 to 1.1 times the time-out, and one well on either side of it.
  private func gaps(_ timeout: Int, step: Int) -> [Int] {
    [0] + Array(stride(from: timeout * 9 / 10, through: timeout * 11 / 10, by: step)) + [timeout * 3]
  }

  /// Asks, waits, asks again; at most once, for a POST.
  private static func probe(_ client: Client, _ isGet: Bool, _ place: Int, _ gap: Int, _ port: String) async
    -> Outcome
  {
    var outcome = Outcome(isGet: isGet, gap: gap)
    let host = "http://127.\(isGet ? 1 : 2).\(place / 250).\(place % 250 + 1):\(port)"
    do {
      _ = try await client.get(host + "/first")
      try await Task.sleep(for: .milliseconds(gap))
      let answer = try await client.send(
        ClientRequest(isGet ? .get : .post, "\(host)/once/\(place)", body: isGet ? .none : .text("x")))
      outcome.isReused = answer.connection.isReused
      if answer.status != .ok { outcome.failure = "\(gap) ms: \(answer.status.code)" }
    } catch {
      outcome.failure = "\(gap) ms: \(error)"
    }
    return outcome
  }

  /// All on one core: another has a pool of its own.
  private static func sweep(_ port: String, _ gaps: [Int]) async throws -> [Outcome] {
    let client = patientClient()
    return try await client.onCore {
      await withTaskGroup(of: Outcome.self) { group in
        for (place, gap) in gaps.enumerated() {
          for isGet in [true, false] { group.addTask { await probe(client, isGet, place, gap, port) } }
        }
        var outcomes: [Outcome] = []
        for await outcome in group { outcomes.append(outcome) }
        return outcomes
      }
    }
  }

  /// What may not happen, whoever the server is.
  private func judge(_ outcomes: [Outcome], _ gaps: [Int]) {
    let failures = outcomes.filter { $0.isGet }.compactMap(\.failure)
    #expect(failures == [])
    #expect(outcomes.count == gaps.count * 2)
    let early = outcomes.filter { $0.gap == 0 }.compactMap(\.failure)
    #expect(early == [], "a POST fails far from the race")
    let late = outcomes.filter { $0.gap == gaps.last && ($0.isReused || $0.failure != nil) }
    #expect(late.isEmpty, "a connection is used that was closed long ago: \(late)")
  }

  @Test func `our own server's close is raced, and nobody loses`() async throws {
    let timeout = Self.isLong ? 2000 : 300
    let executed = Lock<[String: Int]>([:])
    var router = Router()
    router.get("/first") { _ in .text("first") }
    router.get("/once/{n}") { _ in .text("again") }
    router.post("/once/{n}") { request in
      executed.withLock { $0[request.parameter("n") ?? "", default: 0] += 1 }
      return .text("once")
    }
    let gaps = gaps(timeout, step: 1)
    let (outcomes, summary) = try await withServer(
      router,
      {
        $0.listen = [.tcp("0.0.0.0", 0)]
        $0.timeouts.keepAlive = .milliseconds(timeout)
      }
    ) { url in try await Self.sweep(String(url.split(separator: ":").last!), gaps) }
    judge(outcomes, gaps)
    let most = executed.withLock { $0.values.max() }
    #expect(most == 1, "a POST was executed \(most ?? 0) times")
    #expect(outcomes.contains { $0.isReused } && outcomes.contains { !$0.isReused })
    #expect(summary.connections > UInt64(outcomes.count))
  }

  // MARK: servers that others wrote

  private static let node = """
    const http = require('http'); const seen = {};
    const server = http.createServer((request, response) => {
      if (request.url === '/most') return response.end(String(Math.max(0, ...Object.values(seen))));
      if (request.method === 'POST') seen[request.url] = (seen[request.url] || 0) + 1;
      response.end('ok');
    });
    server.keepAliveTimeout = Number(process.argv[3]); server.listen(Number(process.argv[2]), '0.0.0.0');
    """

  private static let aiohttp = """
    import sys
    from aiohttp import web
    seen = {}
    async def most(request): return web.Response(text=str(max([0, *seen.values()])))
    async def once(request):
        if request.method == 'POST': seen[request.path] = seen.get(request.path, 0) + 1
        return web.Response(text='ok')
    app = web.Application()
    app.router.add_get('/most', most)
    app.router.add_route('*', '/{path:.*}', once)
    web.run_app(app, host='0.0.0.0', port=int(sys.argv[1]), keepalive_timeout=int(sys.argv[2]) / 1000, print=None)
    """

  private static func nginx(_ tree: TemporaryTree, _ port: UInt16, _ timeout: Int) -> String {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
      "\($0)_temp_path \(tree.path)/\($0);"
    }
    return """
      daemon off; master_process off; pid \(tree.absolute("pid")); error_log stderr crit;
      events { worker_connections 4096; }
      http { access_log off; keepalive_timeout \(timeout)ms; \(temporary.joined(separator: " "))
        server { listen 0.0.0.0:\(port) reuseport backlog=4096; location / { return 200 "ok"; } } }
      """
  }

  private func race(_ command: (UInt16, Int, TemporaryTree) -> [String]) async throws {
    let tree = TemporaryTree()
    let timeout = Self.isLong ? 2000 : 1000
    let port = try freePort()
    let server = try Subprocess(command(port, timeout, tree))
    defer {
      server.signal(SIGKILL)
      _ = server.end()
    }
    let client = patientClient()
    let base = "http://127.0.0.1:\(port)"
    var answers = false
    for _ in 0..<500 where !answers {
      answers = (try? await client.get(base + "/first")) != nil
      if !answers { try await Task.sleep(for: .milliseconds(20)) }
    }
    try #require(answers, "the server does not start")
    let gaps = gaps(timeout, step: Self.isLong ? 1 : 10)
    judge(try await Self.sweep("\(port)", gaps), gaps)
    let most = try await client.get(base + "/most").text
    #expect(most == "1" || most == "ok", "a POST was executed \(most) times")
  }

  @Test(.enabled(if: Subprocess.exists("node"), "node is not installed"))
  func `Node's close is raced, and nobody loses`() async throws {
    try await race { port, timeout, tree in
      tree.file("server.js", Self.node)
      return ["node", tree.absolute("server.js"), "\(port)", "\(timeout)"]
    }
  }

  @Test(.enabled(if: RealClientTests.python != nil, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp's close is raced, and nobody loses`() async throws {
    try await race { port, timeout, tree in
      tree.file("server.py", Self.aiohttp)
      return [RealClientTests.python!, tree.absolute("server.py"), "\(port)", "\(timeout)"]
    }
  }

  @Test(.enabled(if: Subprocess.exists("nginx"), "nginx is not installed"))
  func `nginx's close is raced, and nobody loses`() async throws {
    try await race { port, timeout, tree in
      tree.file("nginx.conf", Self.nginx(tree, port, timeout))
      return ["nginx", "-p", tree.path, "-e", "stderr", "-c", tree.absolute("nginx.conf")]
    }
  }

  /// A port that nobody has at the moment.
  private func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isBound)
    return UInt16(bigEndian: address.sin_port)
  }
}

import Apus
import ApusRing
import ApusTestSupport
import ApusWire
import Foundation
import Glibc
import Synchronization
import Testing

/// K1, the race between a request and the server's own idle time-out: gaps around the time-out, many
/// connections at once, each to a name of its own. No idempotent request fails, and no other is executed
/// twice. `APUS_LONG=1` takes two seconds and every millisecond.
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
    [0] + Array(stride(from: timeout * 9 / 10, through: timeout * 11 / 10, by: step)) + [timeout + 4000]
  }

  /// A name for each place, so that nobody shares a pool.
  private static func name(_ isGet: Bool, _ place: Int) -> String {
    "\(isGet ? "get" : "post")-\(place).test"
  }

  /// Asks, waits, asks again; at most once, for a POST.
  private static func probe(
    _ client: Client, _ isGet: Bool, _ place: Int, _ gap: Int, _ port: UInt16, _ postStatus: Status
  ) async -> Outcome {
    var outcome = Outcome(isGet: isGet, gap: gap)
    let host = "http://\(name(isGet, place)):\(port)"
    do {
      _ = try await client.get(host + "/first")
      // The gap is what is tried here: time that passes on purpose, on the server's clock,
      // not a wait for something.
      try await Task.sleep(for: .milliseconds(gap))
      let answer = try await client.send(
        ClientRequest(isGet ? .get : .post, "\(host)/once-\(place)", body: isGet ? .none : .text("x")))
      outcome.isReused = answer.connection.isReused
      if answer.status != (isGet ? .ok : postStatus) { outcome.failure = "\(gap) ms: \(answer.status.code)" }
    } catch {
      outcome.failure = "\(gap) ms: \(error)"
    }
    return outcome
  }

  /// All on one core: another has a pool of its own.
  private static func sweep(
    _ host: String, _ port: UInt16, _ gaps: [Int], postStatus: Status = .ok
  ) async throws -> [Outcome] {
    let address = SocketAddress.numeric(host: host, port: port)!
    var addresses: [String: [SocketAddress]] = [:]
    for place in gaps.indices {
      for isGet in [true, false] { addresses[name(isGet, place)] = [address] }
    }
    let client = Client(patientConfiguration(), addresses: addresses)
    return try await client.onCore {
      await withTaskGroup(of: Outcome.self) { group in
        for (place, gap) in gaps.enumerated() {
          for isGet in [true, false] {
            group.addTask { await probe(client, isGet, place, gap, port, postStatus) }
          }
        }
        var outcomes: [Outcome] = []
        for await outcome in group { outcomes.append(outcome) }
        return outcomes
      }
    }
  }

  /// What may not happen, whoever the server is. `most`: how often it executed the POST
  /// that it executed most often.
  private func judge(_ server: String, _ outcomes: [Outcome], _ gaps: [Int], most: Int?) {
    let failures = outcomes.filter { $0.isGet }.compactMap(\.failure)
    #expect(failures == [])
    #expect(outcomes.count == gaps.count * 2)
    #expect(most == 1, "a POST was executed \(most ?? 0) times")
    let early = outcomes.filter { $0.gap == 0 }.compactMap(\.failure)
    #expect(early == [], "a POST fails far from the race")
    let late = outcomes.filter { $0.gap == gaps.last && ($0.isReused || $0.failure != nil) }
    #expect(late.isEmpty, "a connection is used that was closed long ago: \(late)")
    guard Self.isLong else { return }
    let posts = outcomes.filter { !$0.isGet }
    print(
      "\(server): \(outcomes.count) gaps; GET: \(failures.count) failed; POST: \(posts.count { $0.failure != nil }) failed,",
      "none executed more than \(most ?? 0) times; \(outcomes.count { $0.isReused }) on the first connection")
  }

  @Test func `our own server's close is raced, and no request is lost`() async throws {
    let timeout = Self.isLong ? 2000 : 300
    let executed = Lock<[String: Int]>([:])
    var router = Router()
    router.get("/first") { _ in .text("first") }
    router.get("/{n}") { _ in .text("again") }
    router.post("/{n}") { request in
      executed.withLock { $0[request.parameter("n") ?? "", default: 0] += 1 }
      return .text("once")
    }
    let gaps = gaps(timeout, step: 1)
    let (outcomes, summary) = try await withServer(
      router, { $0.timeouts.keepAlive = .milliseconds(timeout) }
    ) { url in try await Self.sweep("127.0.0.1", UInt16(url.split(separator: ":").last!)!, gaps) }
    judge("ours", outcomes, gaps, most: executed.withLock { $0.values.max() })
    #expect(outcomes.contains { $0.isReused } && outcomes.contains { !$0.isReused })
    #expect(summary.connections > UInt64(outcomes.count))
  }

  // MARK: servers that others wrote

  private static let node = """
    const http = require('http'); const seen = {};
    const server = http.createServer((request, response) => {
      if (request.url === '/most') return response.end(String(Math.max(0, ...Object.values(seen))));
      // Without a word of its time-out, which the client would heed.
      response.setHeader('Connection', 'keep-alive');
      if (request.method === 'POST') seen[request.url] = (seen[request.url] || 0) + 1;
      response.end('ok');
    });
    // Some releases wait a second longer than they are told.
    const timeout = Number(argument), isExact = 'keepAliveTimeoutBuffer' in server;
    if (isExact) server.keepAliveTimeoutBuffer = 0;
    server.keepAliveTimeout = isExact ? timeout : Math.max(1, timeout - 1000);
    """

  private static let aiohttp = """
    seen = {}
    async def most(request): return web.Response(text=str(max([0, *seen.values()])))
    async def once(request):
        if request.method == 'POST': seen[request.path] = seen.get(request.path, 0) + 1
        return web.Response(text='ok')
    app.router.add_get('/most', most)
    app.router.add_route('*', '/{path:.*}', once)
    """

  private static let timeout = isLong ? 2000 : 1000

  /// - Parameter log: An access log, of a server that cannot count.
  private func race(_ name: String, _ server: PeerServer, postStatus: Status = .ok, log: TemporaryTree? = nil)
    async throws
  {
    let gaps = gaps(Self.timeout, step: Self.isLong ? 1 : 10)
    let outcomes = try await Self.sweep(server.host, server.port, gaps, postStatus: postStatus)
    var most: Int?
    if let log {
      var seen: [Substring: Int] = [:]
      for line in String(decoding: log.contents("log"), as: UTF8.self).split(separator: "\n") {
        if let range = line.firstRange(of: "POST /once-") {
          seen[line[range.upperBound...].prefix { $0.isNumber }, default: 0] += 1
        }
      }
      most = seen.values.max()
    } else {
      most = Int(try await patientClient().get(server.url + "/most").text)
    }
    judge(name, outcomes, gaps, most: most)
  }

  @Test(.enabled(if: PeerServer.hasNode, "node is not installed"))
  func `Node's close is raced, and no request is lost`() async throws {
    try await PeerServer.node(Self.node, "\(Self.timeout)") { server in try await race("Node", server) }
  }

  @Test(.enabled(if: PeerServer.hasAiohttp, "APUS_TEST_PYTHON names no Python with aiohttp"))
  func `aiohttp's close is raced, and no request is lost`() async throws {
    let settings = "keepalive_timeout=\(Self.timeout) / 1000,"
    try await PeerServer.aiohttp(Self.aiohttp, settings) { server in try await race("aiohttp", server) }
  }

  @Test(.enabled(if: PeerServer.hasNginx, "nginx is not installed"))
  func `nginx's close is raced, and no request is lost`() async throws {
    let log = TemporaryTree()
    try await PeerServer.nginx(
      http: "keepalive_timeout \(Self.timeout)ms;",
      server: "location / { access_log \(log.absolute("log")); return 200 \"ok\"; }"
    ) { server in try await race("nginx", server, log: log) }
  }

  @Test(.enabled(if: PeerServer.hasH2O, "h2o is not installed"))
  func `h2o's close is raced, and no request is lost`() async throws {
    let log = TemporaryTree()
    var files = ["first": "first"]
    for place in 0..<500 { files["once-\(place)"] = "again" }
    try await PeerServer.h2o(
      settings: "http1-request-timeout: \(Self.timeout / 1000)\naccess-log: \(log.absolute("log"))",
      files: files
    ) { server in try await race("h2o", server, postStatus: .methodNotAllowed, log: log) }
  }
}

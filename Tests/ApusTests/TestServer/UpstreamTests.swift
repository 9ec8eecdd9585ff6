// Other servers in the world of a test: what a handler's client and a proxy find there.

import Apus
import ApusTestSupport
import ApusTesting
import Testing

@Suite(.elsewhere) struct UpstreamTests {
  private static let modes = [TestServer.Mode.inMemory, .live]

  private struct User: Codable, Equatable, Sendable {
    var id: Int
    var name: String
  }

  /// What is asked.
  private func api() -> Router {
    var router = Router()
    router.get("/users/{id}") { request in
      try .json(User(id: request.parameter("id", as: Int.self), name: request.header("Host") ?? ""))
    }
    router.on(.post, "/echo") { _, body, sender in
      var writer = try sender.start()
      while let chunk = try await body.read() { try await writer.write(chunk) }
      try writer.finish()
    }
    router.events("/ticks") { _, events in
      for number in 0... {
        try await events.send("\(number)")
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    router.get("/sleep/{milliseconds}") { request in
      let milliseconds = try request.parameter("milliseconds", as: Int.self)
      try await Task.sleep(for: .milliseconds(milliseconds))
      return .text("slept \(milliseconds)")
    }
    return router
  }

  /// What asks it.
  private func front(_ configuration: Client.Configuration = Client.Configuration()) -> Router {
    let client = Client(configuration)
    var router = Router()
    router.get("/user/{id}") { request in
      let answer = try await client.get("http://api/users/\(request.parameter("id") ?? "")")
      return .text("\(try answer.decode(User.self)) over \(answer.connection.uses)")
    }
    router.get("/ask") { request in
      do {
        return .text(try await client.get(request.query("url") ?? "").text)
      } catch let error as ClientError {
        return .text("\(error)", status: .badGateway)
      }
    }
    router.proxy("/proxy", Self.proxy)
    return router
  }

  private static var proxy: ProxyConfiguration {
    var proxy = ProxyConfiguration(upstreams: ["http://api"])
    proxy.stripsPrefix = true
    return proxy
  }

  @Test(arguments: modes)
  func `a handler's client reaches an upstream by its name, and keeps its connection`(mode: TestServer.Mode)
    async throws
  {
    try await TestServer(front(), mode, upstreams: ["http://api": api()]) { client in
      for use in 1...3 {
        let answer = try await client.get("/user/\(use)")
        #expect(answer.text == "\(User(id: use, name: "api")) over \(use)")
      }
    }
  }

  @Test(arguments: modes)
  func `a proxy reaches it too, with bodies of any size, both ways`(mode: TestServer.Mode) async throws {
    try await TestServer(front(), mode, upstreams: ["http://api": api()]) { client in
      let body = [UInt8](repeating: 7, count: 3_000_000)
      let answer = try await client.send(.post, "/proxy/echo", body: body)
      #expect(answer.status == .ok)
      #expect(answer.body == body)
      #expect(try await client.get("/proxy/users/7").decode(User.self).id == 7)
    }
  }

  @Test(arguments: modes)
  func `a stream comes through the proxy as it comes, and ends with its reader`(mode: TestServer.Mode)
    async throws
  {
    try await TestServer(front(), mode, upstreams: ["http://api": api()]) { client in
      let ticks = try client.start(.get, "/proxy/ticks")
      for number in 0..<3 { #expect(try await ticks.nextEvent() == TestEvent("\(number)")) }
      ticks.cancel()
      #expect(try await client.get("/proxy/users/7").status == .ok)
    }
  }

  @Test func `all of them live in one virtual time`() async throws {
    var configuration = Client.Configuration()
    configuration.timeouts.head = .seconds(10)
    let start = ContinuousClock.now
    try await TestServer(front(configuration), upstreams: ["http://api": api()]) { client in
      #expect(try await client.get("/ask?url=http://api/sleep/9000").text == "slept 9000")
      let late = try await client.get("/ask?url=http://api/sleep/11000")
      #expect(late.status == .badGateway)
      // Behind 60 s of the proxy's.
      #expect(try await client.get("/proxy/sleep/59000").text == "slept 59000")
      #expect(try await client.get("/proxy/sleep/61000").status == .gatewayTimeout)
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test func `an upstream that waits for others is waited for in real time`() async throws {
    var api = api()
    api.get("/detached") { _ in
      // Not on the threads that all other tests keep busy.
      let isCancelled = await Task.detached(executorPreference: Elsewhere()) {
        (try? await Task.sleep(for: .milliseconds(50))) == nil
      }.value
      return .text(isCancelled ? "no" : "yes")
    }
    var configuration = Client.Configuration()
    configuration.timeouts.head = .milliseconds(10)
    try await TestServer(front(configuration), upstreams: ["http://api": api]) { client in
      let answer = try await client.get("/ask?url=http://api/detached")
      #expect(answer.text == "yes")
    }
  }

  @Test func `upstreams reach each other, by port and by unix socket`() async throws {
    var configuration = Client.Configuration()
    configuration.unixSocket = "/run/api.sock"
    let bySocket = Client(configuration)
    let byPort = Client()
    var middle = Router()
    middle.get("/") { _ in .text(try await bySocket.get("http://any/sleep/1").text) }
    var router = Router()
    router.get("/") { _ in .text("<\(try await byPort.get("http://middle:9000/").text)>") }
    try await TestServer(
      router, upstreams: ["http://middle:9000": middle, "unix:/run/api.sock": api()]
    ) { client in
      let answer = try await client.get("/")
      #expect(answer.text == "<slept 1>")
    }
  }

  @Test func `there are no other hosts in memory`() async throws {
    try await TestServer(front(), upstreams: ["http://api": api()]) { client in
      let unknown = try await client.get("/ask?url=http://elsewhere.example/")
      #expect(unknown.status == .badGateway)
      #expect(unknown.text.contains("elsewhere.example:80 is none of the test's upstreams"))
      let numeric = try await client.get("/ask?url=http://127.0.0.1:9/")
      #expect(numeric.status == .badGateway)
      #expect(try await client.get("/ask?url=http://api:81/users/1").status == .badGateway)
    }
    try await TestServer(front()) { client in
      let answer = try await client.get("/proxy/users/1")
      #expect(answer.status == .badGateway)
    }
  }

  @Test(arguments: ["api", "https://api", "http://api/path", "http://", "ftp://api"])
  func `a name that is none of an upstream is refused`(name: String) async throws {
    do {
      try await TestServer(front(), upstreams: [name: api()]) { _ in }
      #expect(name == "api", "which the client takes for http://api as well")
    } catch TestServerError.badUpstream(let refused) {
      #expect(refused == name)
    }
  }

  @Test func `a handler that is given up gives its own request up`() async throws {
    let (ends, end) = AsyncStream.makeStream(of: Bool.self)
    var api = Router()
    api.get("/") { _ in
      do { try await Task.sleep(for: .seconds(1000)) } catch { end.yield(true) }
      return .empty()
    }
    try await TestServer(front(), upstreams: ["http://api": api]) { client in
      let exchange = try client.start(.get, "/ask?url=http://api/")
      try client.pass(.seconds(1))
      exchange.cancel()
      try client.pass(.seconds(1))
      var iterator = ends.makeAsyncIterator()
      #expect(await iterator.next() == true)
    }
  }
}

import Apus
import ApusTesting
import Testing

@Suite struct TestServerTests {
  private func routes() -> Router {
    var router = Router()
    router.get("/") { _ in .text("OK") }
    router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
    router.get("/sleep/{seconds}") { request in
      let seconds = try request.parameter("seconds", as: Int.self)
      try await Task.sleep(for: .seconds(seconds))
      return .text("slept")
    }
    router.get("/close") { _ in .text("bye") }
    return router
  }

  @Test func `a handler that sleeps for an hour answers at once`() async throws {
    let start = ContinuousClock.now
    try await TestServer(routes()) { client in
      let answer = try await client.get("/sleep/3600")
      #expect(answer.text == "slept")
    }
    #expect(ContinuousClock.now - start < .seconds(600))
  }

  @Test func `the server's time-outs run in virtual time`() async throws {
    var configuration = Server.Configuration()
    configuration.timeouts.answer = .seconds(5)
    try await TestServer(routes(), configuration: configuration) { client in
      #expect(try await client.get("/sleep/4").status == .ok)
      let late = try await client.get("/sleep/6")
      #expect(late.status == .serviceUnavailable)
      #expect(late.closesConnection)
      #expect(try await client.get("/").text == "OK", "on a new connection")
    }
  }

  @Test(arguments: [TestServer.Mode.inMemory, .live])
  func `a server's name is in its answers, and one that cannot be keeps it from starting`(
    mode: TestServer.Mode
  ) async throws {
    var configuration = Server.Configuration()
    configuration.serverName = "tea"
    try await TestServer(routes(), mode, configuration: configuration) { client in
      let answer = try await client.get("/")
      #expect(answer["Server"] == "tea")
    }
    configuration.serverName = "tea\nX: y"
    await #expect(throws: ServerError.self) {
      try await TestServer(routes(), mode, configuration: configuration) { _ in }
    }
  }

  @Test func `time passes at a word, and an idle connection ends`() async throws {
    var router = Router()
    router.get("/whose") { request in .text(request.peerAddress ?? "nobody's") }
    var configuration = Server.Configuration()
    configuration.learnsPeerAddresses = true
    configuration.timeouts.keepAlive = .seconds(75)
    try await TestServer(router, configuration: configuration) { client in
      let first = try await client.get("/whose")
      try client.pass(.seconds(70))
      #expect(try await client.get("/whose").text == first.text)
      try client.pass(.seconds(80))
      #expect(try await client.get("/whose").text != first.text, "another connection")
    }
  }

  @Test func `a request cut at every place has the same answer`() async throws {
    try await TestServer(routes()) { client in
      let request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
      for place in 0...request.utf8.count {
        client.splitting = .after(place)
        let answer = try await client.send(bytes: Array(request.utf8), method: .post)
        #expect(answer.text == "hello", "cut at \(place)")
      }
      client.splitting = .everyByte
      #expect(try await client.send(bytes: Array(request.utf8), method: .post).text == "hello")
    }
  }

  @Test(arguments: [TestServer.Mode.inMemory, .live])
  func `bytes that are no request are answered, and HEAD has no content`(mode: TestServer.Mode) async throws {
    try await TestServer(routes(), mode) { client in
      let bad = try await client.send(bytes: Array("GET nothing\r\n\r\n".utf8))
      #expect(bad.status == .badRequest)
      #expect(bad.closesConnection)
      let head = try await client.send(.head, "/")
      #expect(head["Content-Length"] == "2")
      #expect(head.body == [])
      #expect(try await client.get("/").text == "OK")
    }
  }

  @Test(arguments: [TestServer.Mode.live, .liveUnixSocket])
  func `a connection that the server has closed for being idle is opened again`(mode: TestServer.Mode)
    async throws
  {
    var configuration = Server.Configuration()
    configuration.timeouts.keepAlive = .milliseconds(5)
    try await TestServer(routes(), mode, configuration: configuration) { client in
      for _ in 0..<5 {
        #expect(try await client.get("/").text == "OK")
        // Far longer than the server waits, which is what it takes.
        try await Task.sleep(for: .milliseconds(200))
      }
    }
  }

  @Test func `an actor is waited for in real time`() async throws {
    actor Slow {
      func answer() async -> String {
        for _ in 0..<100 { await Task.yield() }
        return "from the actor"
      }
    }
    let slow = Slow()
    var router = Router()
    router.get("/") { _ in .text(await slow.answer()) }
    try await TestServer(router) { client in
      for _ in 0..<20 {
        let answer = try await client.get("/")
        #expect(answer.text == "from the actor")
      }
    }
  }

  @Test func `an answer that is aborted is an error of the test's`() async throws {
    var router = Router()
    router.on(.get, "/half") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("half")
      try await writer.flush()
      throw HTTPError(.internalServerError)
    }
    try await TestServer(router) { client in
      await #expect(throws: TestServerError.self) { try await client.get("/half") }
    }
  }

  @Test func `routes that cannot be served do not begin`() async {
    var router = Router()
    router.get("bad") { _ in .empty() }
    for mode in [TestServer.Mode.inMemory, .live] {
      await #expect(throws: ServerError.self) { try await TestServer(router, mode) { _ in } }
    }
  }

  @Test func `what the closure throws is thrown`() async {
    struct Mine: Error {}
    for mode in [TestServer.Mode.inMemory, .live] {
      await #expect(throws: Mine.self) { try await TestServer(routes(), mode) { _ in throw Mine() } }
    }
  }

  @Test func `many servers at once do not see each other`() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          var router = Router()
          router.get("/") { _ in
            try await Task.sleep(for: .seconds(1))
            return .text("\(number)")
          }
          try await TestServer(router) { client in
            for _ in 0..<10 {
              let answer = try await client.get("/")
              #expect(answer.text == "\(number)")
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `a field of a request that no line can carry is an error of the test, and not another field`()
    async throws
  {
    var router = Router()
    router.get("/") { request in .text(request.header("X-Name") ?? "none") }
    try await TestServer(router) { client in
      let field = ResponseField("X-Name", "a\nb")
      do {
        _ = try await client.get("/", fields: [field])
        Issue.record("the request is made")
      } catch let error as TestServerError { #expect("\(error)".contains("what is given for")) }
      #expect(throws: TestServerError.self) { try client.start(.get, "/", fields: [field]) }
      let answer = try await client.get("/", fields: [ResponseField("X-Name", "Ana")])
      #expect(answer.text == "Ana")
    }
  }
}

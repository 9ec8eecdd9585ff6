import Apus
import Testing

@Suite struct PeerAddressTests {
  private func routes() -> Router {
    var router = Router()
    router.get("/who") { request in .text(request.peerAddress ?? "nobody") }
    router.get("/who/later") { request in
      await Task.yield()
      return .text(request.peerAddress ?? "nobody")
    }
    router.post("/who") { request in .text(request.peerAddress ?? "nobody") }
    return router
  }

  @Test func `handlers know whom a request comes from if somebody asked`() throws {
    try withServer(routes()) { server in
      let answer = try WireClient(port: server.port).get("/who")
      #expect(answer.text == "nobody")
    }
    try withServer(routes(), { $0.learnsPeerAddresses = true }) { server in
      let client = try WireClient(port: server.port)
      #expect(try client.get("/who").text == "127.0.0.1")
      #expect(try client.get("/who/later").text == "127.0.0.1")
      try client.send("POST /who HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
      #expect(try client.ask("body").text == "127.0.0.1")
    }
  }

  @Test func `a rate limit by address asks by itself`() throws {
    var router = routes()
    router.add(.rateLimit(perSecond: 0.01, burst: 2))
    try withServer(router) { server in
      let (first, second) = (try WireClient(port: server.port), try WireClient(port: server.port))
      #expect(try first.get("/who").status == 200)
      #expect(try second.get("/who").status == 200)
      #expect(try first.get("/who").status == 429)
      #expect(try second.get("/none").status == 429)
    }
  }
}

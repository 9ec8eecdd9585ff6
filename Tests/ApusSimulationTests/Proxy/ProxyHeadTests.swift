import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Which lines of a head pass a proxy, and what it adds.
@Suite struct ProxyHeadTests {
  @Test(arguments: [false, true])
  func `lines of one connection stay on it, all others pass as they came`(wrapped: Bool) throws {
    let server = SimulatedPeer.server([
      .send(
        "HTTP/1.1 201 Made\r\nX-First:  1 \r\nConnection: keep-alive, x-back\r\nX-Back: 2\r\nDate: never\r\n"
          + "Keep-Alive: timeout=9\r\nContent-Length: 2\r\nServer: other\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
          + "Proxy-Authenticate: x\r\nX-Last: 3\r\n\r\nok")
    ])
    var scenario = try ProxyScenario([server], wrapped: wrapped)
    let client = scenario.ask(
      "GET /a/./b?q=%2F&x HTTP/1.1\r\nX-Own:  1\r\nHost: front\r\nConnection: keep-alive , X-Hop,te\r\nX-Hop: 2\r\nTE: trailers\r\n"
        + "Cookie: c\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nX-Forwarded-For: 6.6.6.6\r\n"
        + "Forwarded: for=6\r\nX-Real-IP: 6\r\nUpgrade: nothing\r\ncookie: d\r\n\r\n")
    scenario.run()
    #expect(
      server.receivedText
        == "GET /a/./b?q=%2F&x HTTP/1.1\r\nHost: 10.0.0.1\r\nX-Own:  1\r\nCookie: c\r\ncookie: d\r\n\r\n")
    let answer = try #require(client.answers.first)
    #expect(answer.status == 201 && answer.text == "ok")
    let names = answer.fields.map { $0.name }.filter { $0 != "Date" }
    #expect(names.sorted() == ["Content-Length", "Set-Cookie", "X-First", "X-Last", "set-cookie"])
    #expect(answer["x-first"] == "1" && answer["set-cookie"] == "a, b" && answer["date"] != "never")
    scenario.end()
  }

  @Test func `the server is told of the client as it was configured`() throws {
    for (forwarded, trusts, expected) in [
      (ProxyConfiguration.ForwardedFields.via, false, "Via: 1.1 apus\r\n"),
      (
        .xForwarded, false,
        "X-Forwarded-For: 10.0.0.0\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: front\r\n"
      ),
      (
        .xForwarded, true,
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 10.0.0.0\r\nX-Forwarded-Host: front\r\n"
      ),
      (.standard, false, "Forwarded: for=10.0.0.0;host=\"front\";proto=http\r\n"),
    ] {
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      var scenario = try ProxyScenario([server]) {
        $0.forwarded = forwarded
        $0.trustsForwarded = trusts
      }
      let client = scenario.ask(
        Heads.front("/x", "GET", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"))
      scenario.run(for: .milliseconds(10))
      let address = client.address.text
      #expect(
        server.receivedText == Heads.behind("/x", "GET", expected.replacing("10.0.0.0", with: address)))
      scenario.end()
    }
  }

  @Test func `a prefix is taken off only where the rest cannot lead out of it`() throws {
    for (target, expected) in [
      ("/api/x?q", "/base/x?q"), ("/api", "/base/"), ("/api/%20x", "/base/%20x"), ("/api//x", "/base//x"),
      ("/api/.x/..y", "/base/.x/..y"), ("/api/a/../x", nil), ("/api/%2E%2e/api/x", nil), ("/%61pi/x", nil),
      ("/x/../api/x", nil), ("/api/.", nil),
    ] as [(String, String?)] {
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      var configuration = ProxyConfiguration(upstreams: ["http://10.0.0.1/base/"])
      configuration.forwarded = []
      configuration.stripsPrefix = true
      var router = Router()
      router.proxy("/api", configuration)
      var world = SimulatedKernel.Configuration()
      world.ownSlotCount = 4
      var simulation = Simulation(world, handler: try router.makeHandler(collectBytes: 1 << 20))
      simulation.kernel.serve(server)
      let client = SimulatedPeer("client", methods: ["GET"], steps: [.send(Heads.front(target))])
      simulation.kernel.add(client)
      simulation.run(for: .milliseconds(10))
      if let expected {
        #expect(server.receivedText == Heads.behind(expected), "\(target)")
      } else {
        #expect(client.answers.map(\.status) == [400] && server.received.isEmpty, "\(target)")
      }
      simulation.stop()
      let finished = simulation.finish()
      #expect(finished)
    }
  }

  @Test func `a path that leads elsewhere is not passed on, though it reaches the route`() throws {
    for target in ["/internal/%2e%2e/x", "/internal/../x", "/x/.."] {
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask(Heads.front(target))
      scenario.run(for: .milliseconds(10))
      #expect(client.answers.map(\.status) == [400] && server.received.isEmpty, "\(target)")
      scenario.end()
    }
  }

  @Test func `a request with too many connection options is refused`() throws {
    for (count, status) in [(256, 200), (257, 400)] {
      let options = String(repeating: "a,", count: count - 2) + "x31,"
      let server = SimulatedPeer.server([.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask(Heads.front("/x", "GET", "Connection: \(options)\r\nX31: b\r\n"))
      scenario.run()
      #expect(client.answers.map(\.status) == [status] && !client.isDisconnected)
      #expect(server.receivedText == (status == 200 ? Heads.behind() : ""))
      scenario.end()
    }
  }
}

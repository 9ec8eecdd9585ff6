import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// What passes a proxy, and how it is framed on the other side.
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

  @Test func `a request with more options of its connection than anybody needs is refused`() throws {
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

  struct Framing {
    var method = "GET"
    /// Of the server's answer; each piece comes a moment after the one before.
    let pieces: [String]
    var ends = false
    let status: Int
    let body: String
    let length: String?
    let coding: String?
  }

  @Test(arguments: [
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], status: 200, body: "hello", length: "5",
      coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo"], status: 200, body: "hello",
      length: "5", coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], status: 200, body: "", length: "0",
      coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"],
      status: 200,
      body: "hello", length: "5", coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r", "\n3\r\nllo\r\n0\r\n\r\n"],
      status: 200, body: "hello", length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"],
      status: 200,
      body: "hello", length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.0 200 OK\r\n\r\nhello"], ends: true, status: 200, body: "hello", length: nil,
      coding: "chunked"),
    Framing(pieces: ["HTTP/1.1 204 None\r\n\r\n"], status: 204, body: "", length: nil, coding: nil),
    Framing(
      pieces: ["HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"], status: 304, body: "", length: nil,
      coding: nil),
    Framing(
      method: "HEAD", pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], status: 200, body: "",
      length: "5",
      coding: nil),
    Framing(
      method: "HEAD", pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], status: 200,
      body: "",
      length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
      status: 502,
      body: "502 Bad Gateway\n", length: "16", coding: nil),
  ])
  func `framing is decided anew`(framing: Framing) throws {
    let steps = framing.pieces.flatMap { [SimulatedPeer.Step.send($0), .pause(.milliseconds(2))] }
    let request = Heads.behind("/x", framing.method)
    let server = SimulatedPeer.server(after: request.utf8.count, steps + (framing.ends ? [.close] : []))
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front("/x", framing.method), method: framing.method)
    scenario.run()
    let answer = try #require(client.answers.first, "\(client.malformed ?? "") \(framing)")
    #expect(answer.status == framing.status && answer.text == framing.body)
    #expect(answer["content-length"] == framing.length && answer["transfer-encoding"] == framing.coding)
    #expect(client.trailingCount == 0 && !client.isDisconnected)
    #expect(server.receivedText == request)
    scenario.end()
  }

  @Test func `interim answers go on to clients that know them, 100 to those that asked for it`() throws {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: 1\r\n\r\n"
    for version in ["1.1", "1.0"] {
      let server = SimulatedPeer.server([
        .send(early), .pause(.milliseconds(1)),
        .send("HTTP/1.1 100 Continue\r\n\r\n" + early + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      ])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask("GET /x HTTP/\(version)\r\nHost: front\r\n\r\n")
      scenario.run()
      #expect(client.interim == (version == "1.1" ? [103, 103] : []))
      #expect(client.answers.map(\.text) == ["ok"])
      scenario.end()
    }
  }

  @Test func `bodies go on with the length that they came with, or in chunks`() throws {
    for (fields, body, size) in [
      ("Content-Length: 5\r\n", "hello", 0),
      ("Content-Length: 40000\r\n", String(repeating: "x", count: 40000), 700),
      ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", 0), ("Content-Length: 5\r\n", "hello", 2),
      ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", 3),
    ] {
      let expected = Heads.behind("/x", "POST", fields) + body
      let server = SimulatedPeer.server(
        after: expected.utf8.count, [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
      var scenario = try ProxyScenario([server])
      let bytes = Array(body.utf8)
      let head = Heads.front("/x", "POST", fields)
      var steps: [SimulatedPeer.Step] = []
      if size > 0 {
        for start in stride(from: 0, to: bytes.count, by: size) {
          steps += [.pause(.milliseconds(1)), .send(Array(bytes[start..<min(bytes.count, start + size)]))]
        }
      }
      let client = scenario.ask(size > 0 ? head : head + body, method: "POST", then: steps)
      scenario.run()
      #expect(client.answers.map(\.text) == ["ok"], "\(fields) \(size)")
      // Chunks may be cut anew.
      if fields.hasPrefix("C") { #expect(server.receivedText == expected, "\(fields) \(size)") }
      scenario.end()
    }
  }

  @Test func `hooks change answers that are handed on, and a late one is answered in its place`() throws {
    for pieces in [
      ["HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nok"],
      ["HTTP/1.1 200 OK\r\nX-Own: 1\r\n\r\n", "ok"], [],
    ] {
      let server = SimulatedPeer.server(
        pieces.flatMap { [.send($0), .pause(.milliseconds(1))] }
          + (pieces.isEmpty ? [.awaitBytes(.max)] : [.close]))
      var scenario = try ProxyScenario(
        [server],
        routes: {
          $0.add(.timeout(.seconds(1)))
          $0.after { _, answer in answer.fields.append(ResponseField("X-Hook", "2")) }
        })
      let client = scenario.ask(Heads.front())
      scenario.run()
      #expect(client.answers.map(\.status) == [pieces.isEmpty ? 503 : 200])
      let answer = try #require(client.answers.first)
      #expect(answer["x-hook"] == "2" && answer["x-own"] == (pieces.isEmpty ? nil : "1"))
      if pieces.isEmpty { #expect(server.resetAt != nil) } else { #expect(answer.text == "ok") }
      scenario.end()
    }
  }

  @Test func `requests that are pipelined are answered in their order, over one connection behind`() throws {
    let bytes = Heads.behind("/0").utf8.count
    let server = SimulatedPeer(
      "server",
      steps: [
        .serve(
          SimulatedService(requestBytes: bytes) { request in
            let number = Array(request)[5]
            return Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n".utf8) + [number]
          })
      ])
    var scenario = try ProxyScenario([server])
    let client = SimulatedPeer(
      "client", methods: Array(repeating: "GET", count: 10),
      steps: [.send((0..<10).map { Heads.front("/\($0)") }.joined())])
    scenario.kernel.add(client)
    scenario.run()
    #expect(client.answers.map(\.text).joined() == "0123456789")
    #expect(server.servedCount == 10)
    scenario.end()
  }

  @Test func `leave to send is asked for where it is given`() throws {
    let fields = "Content-Length: 5\r\nExpect: 100-continue\r\n"
    let head = Heads.behind("/x", "POST", fields)
    // Granted, refused, and not known.
    let granted = SimulatedPeer.server(
      after: head.utf8.count,
      [
        .send("HTTP/1.1 100 Continue\r\n\r\n"), .awaitBytes(head.utf8.count + 5),
        .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      ])
    var scenario = try ProxyScenario([granted])
    let patient = SimulatedPeer(
      "client", methods: ["POST"],
      steps: [.send(Heads.front("/x", "POST", fields)), .pause(.milliseconds(100)), .send("hello")])
    scenario.kernel.add(patient)
    scenario.run(for: .milliseconds(50))
    #expect(patient.interim == [100] && granted.receivedText == head)
    scenario.run()
    #expect(patient.answers.map(\.text) == ["ok"] && granted.receivedText == head + "hello")
    scenario.end()

    let refused = SimulatedPeer.server(
      after: head.utf8.count, [.send("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno")])
    scenario = try ProxyScenario([refused])
    let client = scenario.ask(Heads.front("/x", "POST", fields), method: "POST")
    scenario.run()
    #expect(client.interim == [] && client.answers.map(\.status) == [417] && refused.receivedText == head)
    scenario.end()

    let ignorant = SimulatedPeer.server(
      after: head.utf8.count + 5, [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
    scenario = try ProxyScenario([ignorant])
    let waiting = scenario.ask(
      Heads.front("/x", "POST", fields), method: "POST", then: [.pause(.milliseconds(1500)), .send("hello")])
    scenario.run()
    #expect(waiting.interim == [100] && waiting.answers.map(\.text) == ["ok"])
    scenario.end()
  }
}

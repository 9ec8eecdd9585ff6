import Apus
import ApusTesting
import Testing

/// What goes to and fro through a proxy beside one request and its answer: interim answers, leave to send,
/// hooks, requests in line.
@Suite struct ProxyExchangeTests {
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

import Apus
import ApusTesting
import Testing

/// How often a request may be handed on: RFC 9110 section 7.6.2.
@Suite struct MaxForwardsTests {
  private static let ok = SimulatedPeer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

  @Test(arguments: [
    ("Max-Forwards: 1\r\n", "Max-Forwards: 0\r\n"), ("max-forwards:  010 \r\n", "Max-Forwards: 9\r\n"),
    ("X: 1\r\nMax-Forwards: 7\r\nY: 2\r\n", "X: 1\r\nY: 2\r\nMax-Forwards: 6\r\n"),
    ("Max-Forwards: 18446744073709551615\r\n", "Max-Forwards: 18446744073709551614\r\n"),
    ("Max-Forwards: 99999999999999999999999\r\n", "Max-Forwards: 18446744073709551614\r\n"),
    ("Connection: max-forwards\r\nMax-Forwards: 3\r\n", "Max-Forwards: 2\r\n"), ("", ""),
  ]) func `OPTIONS is handed on with one less`(fields: String, expected: String) throws {
    for wrapped in [false, true] {
      let head = Heads.behind("/x", "OPTIONS", expected)
      let server = SimulatedPeer.server(after: head.utf8.count, [Self.ok])
      var scenario = try ProxyScenario([server], wrapped: wrapped)
      let client = scenario.ask(Heads.front("/x", "OPTIONS", fields), method: "OPTIONS")
      scenario.run()
      #expect(server.receivedText == head)
      #expect(client.answers.map(\.text) == ["ok"])
      scenario.end()
    }
  }

  @Test func `at 0 the proxy answers for itself, and the connection is kept`() throws {
    for (fields, body) in [("", ""), ("Content-Length: 4\r\n", "body")] {
      for wrapped in [false, true] {
        let server = SimulatedPeer.server([Self.ok])
        var scenario = try ProxyScenario([server], wrapped: wrapped)
        let client = SimulatedPeer(
          "client", methods: ["OPTIONS", "GET"],
          steps: [
            .send(Heads.front("/x", "OPTIONS", "Max-Forwards: 0\r\n" + fields) + body + Heads.front())
          ])
        scenario.kernel.add(client)
        scenario.run()
        #expect(client.answers.map(\.status) == [204, 200], "\(client.malformed ?? "")")
        #expect(client.answers.first?["allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        #expect(server.receivedText == Heads.behind())
        scenario.end()
      }
    }
  }

  @Test(arguments: ["", "x", "-1", "1x", "1, 2", "1.0", "+1", "1\r\nMax-Forwards: 1"])
  func `one that is no number is refused, as nobody could tell when to stop`(value: String) throws {
    let server = SimulatedPeer.server([Self.ok])
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(
      Heads.front("/x", "OPTIONS", "Max-Forwards: \(value)\r\n"), method: "OPTIONS")
    scenario.run()
    #expect(client.answers.map(\.status) == [400] && server.received.isEmpty)
    scenario.end()
  }

  @Test func `TRACE is not passed on, whatever Max-Forwards says`() throws {
    for fields in ["", "Max-Forwards: 0\r\n", "Max-Forwards: 5\r\n"] {
      let server = SimulatedPeer.server([Self.ok])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask(Heads.front("/x", "TRACE", fields), method: "TRACE")
      scenario.run()
      #expect(client.answers.map(\.status) == [405] && server.received.isEmpty)
      #expect(client.answers.first?["allow"]?.contains("TRACE") == false)
      scenario.end()
    }
  }

  @Test func `with another method the field is a line like any`() throws {
    for fields in ["Max-Forwards: 0\r\n", "Max-Forwards: many\r\nmax-forwards: 2\r\n"] {
      let head = Heads.behind("/x", "GET", fields)
      let server = SimulatedPeer.server(after: head.utf8.count, [Self.ok])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask(Heads.front("/x", "GET", fields))
      scenario.run()
      #expect(client.answers.map(\.text) == ["ok"] && server.receivedText == head)
      scenario.end()
    }
  }
}

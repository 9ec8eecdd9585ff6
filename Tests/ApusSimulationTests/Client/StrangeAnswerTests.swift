// Answers that HTTP does not have, or has no more: a client must take them (RFC 9110 15, RFC 9112
// 5.2), a gateway answers 502.

import Apus
import ApusEngine
import ApusTesting
import ApusWire
import Testing

@Suite struct StrangeAnswerTests {
  private static let denied = "HTTP/1.1 999 Request denied\r\nContent-Length: 6\r\n\r\ndenied"
  private static let folded =
    "HTTP/1.1 200 OK\r\nX-Long: one,\r\n\t two\r\nContent-Length:\r\n 6\r\n\r\nfolded"
  private static let foldedTrailer =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 1\r\n 2\r\n\r\n"

  /// The bytes whole, one by one, or in two pieces.
  private static func cuts(_ answer: String) -> [[SimulatedPeer.Step]] {
    let bytes = Array(answer.utf8)
    let single = bytes.flatMap { [SimulatedPeer.Step.send([$0]), .pause(.milliseconds(1))] }
    let halves = stride(from: 9, to: bytes.count, by: 7).map { cut in
      [SimulatedPeer.Step.send(Array(bytes[..<cut])), .pause(.milliseconds(1)), .send(Array(bytes[cut...]))]
    }
    return [[.send(bytes)], single] + halves
  }

  /// What the client makes of two such answers on one connection.
  private func responses(_ steps: [SimulatedPeer.Step]) -> [CollectedResponse] {
    let server = SimulatedPeer(
      "server",
      steps: [.awaitBytes(Servers.requestBytes)] + steps + [.awaitBytes(2 * Servers.requestBytes)] + steps)
    let simulation = ClientSimulation([server])
    let box = Box()
    simulation.start { client, _ in
      for _ in 0..<2 {
        if let response = try? await client.get("http://\(ClientSimulation.host)/") { box.add(response) }
      }
    }
    #expect(simulation.run())
    #expect(simulation.finish() == [])
    return box.responses
  }

  @Test func `a client handles a status of 999 as 500, keeps the number beside, and the connection`() {
    for steps in Self.cuts(Self.denied) {
      let responses = responses(steps)
      #expect(responses.map(\.status) == [.internalServerError, .internalServerError])
      #expect(responses.map(\.statusCode) == [999, 999])
      #expect(responses.map(\.text) == ["denied", "denied"])
      #expect(responses.last?.connection.isReused == true)
    }
  }

  @Test func `a client reads a folded line as one, however its bytes come`() {
    for steps in Self.cuts(Self.folded) {
      let responses = responses(steps)
      #expect(responses.map(\.status) == [.ok, .ok] && responses.map(\.text) == ["folded", "folded"])
      #expect(responses.map { $0.header("x-long") } == ["one, two", "one, two"])
      #expect(responses.last?.connection.isReused == true)
    }
    for steps in Self.cuts(Self.foldedTrailer) {
      let responses = responses(steps)
      #expect(responses.map(\.text) == ["x", "x"])
      #expect(responses.map { $0.trailers.first?.value } == ["1 2", "1 2"])
    }
  }

  @Test(
    arguments: [
      ("HTTP/1.1 099 x\r\n\r\n", "the status code is not in 100 to 999"),
      ("HTTP/1.1 1000 x\r\n\r\n", "the status code is not in 100 to 999"),
      ("HTTP/1.1 200 OK\r\n X: folded\r\n\r\n", "a field line starts with white space"),
      ("HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", "a CR is not followed by LF"),
      ("HTTP/1.1 200 OK\r\nX: a\r\n \u{1}\r\n\r\n", "a control byte stands in a field value"),
    ])
  func `a request that a client refuses has a typed error that says why`(answer: String, why: String) {
    #expect(ClientSimulation([Servers.once(answer)]).outcome() == .failed(.malformedResponse(why)))
  }

  @Test func `a proxy answers 502 for a status that HTTP does not have, and for a folded line`() throws {
    for answer in [Self.denied, Self.folded] {
      for steps in Self.cuts(answer) {
        var scenario = try ProxyScenario([.server(steps)])
        let client = scenario.ask(Heads.front())
        scenario.run()
        #expect(client.answers.map(\.status) == [502] && client.malformed == nil)
        #expect(scenario.count(.malformedAnswer) == 1)
        scenario.end()
      }
    }
  }

  @Test(arguments: [
    (denied, false), (folded, false),
    (String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 65), false),
    ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false), ("SSH-2.0-OpenSSH_9.6\r\n", true),
  ])
  func `a server is left alone for what it speaks, and not for what one of its resources answers`(
    answer: String, isLeftAlone: Bool
  ) throws {
    // Equally busy servers take turns; one that is left alone has none.
    let others = (0..<2).map { _ in
      SimulatedPeer.server([.send(Servers.ok("plain", "Connection: close\r\n"))])
    }
    var scenario = try ProxyScenario([.server([.send(answer)])] + others) {
      $0.upstreams = ["http://10.0.0.1", "http://10.0.0.2"]
      $0.failureLimit = 1
    }
    let clients = (0..<3).map { _ in SimulatedPeer("client", methods: ["GET"], steps: [.send(Heads.front())])
    }
    for (number, client) in clients.enumerated() {
      scenario.kernel.add(client, after: UInt64(number) * 100_000_000)
    }
    scenario.run()
    #expect(clients.map { $0.answers.first?.status } == [502, 200, 200])
    #expect(others[0].receivedText.contains("Host: 10.0.0.2\r\n"))
    #expect(others[1].receivedText.contains("Host: 10.0.0.2\r\n") == isLeftAlone)
    scenario.end()
  }

  @Test func `a load generator counts 999 among the 5xx, and takes folded lines`() {
    for (answer, digit) in [(Self.denied, 5), (Self.folded, 2)] {
      var plan = LoadSimulation.plan(connections: 1, duration: 1_000_000_000)
      plan.requestLimit = 3
      var simulation = LoadSimulation(plan, servers: [LoadSimulation.server([answer])])
      let ended = simulation.run()
      #expect(ended && simulation.tally.requests > 0)
      #expect(simulation.tally.statuses[digit] == simulation.tally.requests)
      #expect(simulation.tally[.malformed] == 0)
    }
  }
}

private final class Box: @unchecked Sendable {
  private(set) var responses: [CollectedResponse] = []
  func add(_ response: CollectedResponse) { responses.append(response) }
}

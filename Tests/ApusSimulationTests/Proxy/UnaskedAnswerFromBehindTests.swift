import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Servers behind a proxy that switch to what nobody asked for, or never come to an answer.
@Suite struct UnaskedAnswerFromBehindTests {
  private static let more = "Connection: Upgrade\r\nUpgrade: echo, chat/2\r\n"
  private static let head = Heads.behind("/x", "GET", more)

  @Test(arguments: [
    ("Upgrade: echo\r\n", 101), ("upgrade: ECHO\r\n", 101), ("Upgrade: chat/2\r\n", 101),
    ("Upgrade: chat/2, echo\r\n", 101), ("Upgrade: chat/2\r\nUpgrade: echo\r\n", 101),
    ("Upgrade: other\r\n", 502), ("Upgrade: chat\r\n", 502), ("Upgrade: chat/3\r\n", 502),
    ("Upgrade: echo, other\r\n", 502), ("Upgrade: echo\r\nUpgrade: h2c\r\n", 502), ("Upgrade: \r\n", 502),
    ("", 502), ("Upgrade: echo/1\r\n", 502),
  ])
  func `a switch is a tunnel only if it is to what was asked for`(fields: String, status: Int) throws {
    let server = SimulatedPeer.server(
      after: Self.head.utf8.count,
      [
        .send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\(fields)\r\nhello"),
        .awaitBytes(.max),
      ])
    var scenario = try ProxyScenario([server])
    let client = SimulatedPeer(
      "client", steps: [.send(Heads.front("/x", "GET", Self.more)), .awaitBytes(.max)])
    scenario.kernel.add(client)
    scenario.run(for: .seconds(1))
    #expect(client.receivedText.hasPrefix("HTTP/1.1 \(status) "), "\(client.receivedText)")
    #expect(client.receivedText.hasSuffix("\r\n\r\nhello") == (status == 101))
    #expect(scenario.count(.malformedAnswer) == (status == 101 ? 0 : 1))
    #expect(server.isDisconnected == (status == 502))
    scenario.end()
  }

  @Test(arguments: ["HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"])
  func `interim answers without an end are 502, long before time is over`(interim: String) throws {
    let server = SimulatedPeer.server(
      repeated(2000) { _ in [.send(String(repeating: interim, count: 10)), .pause(.milliseconds(1))] })
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front())
    scenario.run(for: .seconds(1))
    #expect(client.answers.map(\.status) == [502] && scenario.count(.malformedAnswer) == 1)
    #expect(client.interim.count <= 64 && server.isDisconnected)
    scenario.end()
  }

  @Test func `interim responses of too many bytes are 502`() throws {
    let interim = "HTTP/1.1 103 Early Hints\r\nX: \(String(repeating: "x", count: 10_000))\r\n\r\n"
    for (count, status) in [(6, 200), (7, 502)] {
      let server = SimulatedPeer.server(
        repeated(count) { _ in [.send(interim), .pause(.milliseconds(1))] }
          + [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
      var scenario = try ProxyScenario([server])
      let client = scenario.ask(Heads.front())
      scenario.run(for: .seconds(1))
      #expect(client.answers.map(\.status) == [status])
      scenario.end()
    }
  }
}

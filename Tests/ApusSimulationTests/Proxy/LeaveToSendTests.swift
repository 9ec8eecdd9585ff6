import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// A proxy that asks for leave to send a body waits a second for it, on whatever connection it asks.
@Suite struct LeaveToSendTests {
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  private static let expecting = "Content-Length: 5\r\nExpect: 100-continue\r\n"
  private static let chunked = "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"

  /// How a client sends five bytes that are not there yet, and how a server gets them.
  struct Framing: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let fields: String
    let body: String
  }

  static let framings = [
    Framing(testDescription: "known length", fields: expecting, body: "hello"),
    Framing(testDescription: "chunked", fields: chunked, body: "5\r\nhello\r\n0\r\n\r\n"),
  ]

  private static func head(_ framing: Framing, _ method: String = "POST") -> String {
    Heads.behind("/x", method, framing.fields)
  }

  /// A client that asks for something else first and then wants leave; its body follows half a second
  /// after its own leave could be.
  private static func patient(_ framing: Framing, _ method: String = "POST", first: String? = Heads.front())
    -> SimulatedPeer
  {
    let before: [SimulatedPeer.Step] = first.map { [.send($0), .awaitAnswers(1)] } ?? []
    return SimulatedPeer(
      "client", methods: (first == nil ? [] : ["GET"]) + [method],
      steps: before + [
        .send(Heads.front("/x", method, framing.fields)), .pause(.milliseconds(1200)), .send(framing.body),
      ])
  }

  @Test(arguments: framings)
  func `the body goes on after a second on a connection that is kept`(framing: Framing) throws {
    let first = Heads.behind().utf8.count
    let server = SimulatedPeer.server(
      after: first,
      [
        .send(Self.ok), .awaitBytes(first + Self.head(framing).utf8.count + framing.body.utf8.count),
        .send(Self.ok),
      ])
    var scenario = try ProxyScenario([server])
    let client = Self.patient(framing)
    scenario.kernel.add(client)
    scenario.run(for: .seconds(2))
    #expect(client.interim == [100] && client.answers.map(\.text) == ["ok", "ok"])
    #expect(server.receivedText == Heads.behind() + Self.head(framing) + framing.body)
    scenario.end()
  }

  @Test(arguments: framings)
  func `the body is sent after a second on a connection that won a race`(framing: Framing) throws {
    let head = Self.head(framing).replacing("10.0.0.1", with: "behind")
    let server = SimulatedPeer.server(
      after: head.utf8.count + framing.body.utf8.count, [.send(Self.ok)])
    var scenario = try ProxyScenario([server]) {
      $0.upstreams = ["http://behind"]
      let addresses = ["10.0.0.1", "10.0.0.2"].compactMap { SocketAddress.numeric(host: $0, port: 80) }
      $0.resolver = Resolver(known: ["behind": addresses])
    } world: {
      $0.refusedConnects = 1
    }
    let client = Self.patient(framing, first: nil)
    scenario.kernel.add(client)
    scenario.run(for: .seconds(2))
    #expect(client.interim == [100] && client.answers.map(\.text) == ["ok"])
    #expect(server.receivedText == head + framing.body)
    scenario.end()
  }

  @Test(arguments: framings)
  func `the body is sent after a second if the request is made again`(framing: Framing) throws {
    let first = Heads.behind().utf8.count
    let head = Self.head(framing, "PUT")
    let stale = SimulatedPeer.server(
      after: first, [.send(Self.ok), .awaitBytes(first + head.utf8.count), .reset])
    let fresh = SimulatedPeer.server(after: head.utf8.count + framing.body.utf8.count, [.send(Self.ok)])
    var scenario = try ProxyScenario([stale, fresh])
    let client = Self.patient(framing, "PUT")
    scenario.kernel.add(client)
    scenario.run(for: .seconds(2))
    #expect(client.interim == [100] && client.answers.map(\.text) == ["ok", "ok"])
    #expect(fresh.receivedText == head + framing.body)
    scenario.end()
  }

  @Test(arguments: framings)
  func `interim answers that are no leave put nothing off`(framing: Framing) throws {
    let head = Self.head(framing).utf8.count
    let hints = repeated(4) { _ in
      [.pause(.milliseconds(200)), .send("HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n")]
    }
    let server = SimulatedPeer.server(
      after: head, hints + [.awaitBytes(head + framing.body.utf8.count), .send(Self.ok)])
    var scenario = try ProxyScenario([server])
    let client = Self.patient(framing, first: nil)
    scenario.kernel.add(client)
    scenario.run(for: .seconds(2))
    #expect(client.interim == [103, 103, 103, 103, 100] && client.answers.map(\.text) == ["ok"])
    scenario.end()
  }

  @Test(arguments: framings)
  func `a server that gives leave and then nothing is waited for once, not twice`(framing: Framing) throws {
    let head = Self.head(framing).utf8.count
    let server = SimulatedPeer.server(
      after: head, [.send("HTTP/1.1 100 Continue\r\n\r\n"), .awaitBytes(.max)])
    var scenario = try ProxyScenario([server]) { $0.client.timeouts.head = .seconds(5) }
    let client = Self.patient(framing, first: nil)
    scenario.kernel.add(client)
    scenario.run(for: .seconds(7))
    #expect(client.answers.map(\.status) == [504] && scenario.count(.answerTimeout) == 1)
    scenario.end()
  }
}

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// A client that asks for leave to send a body waits a second for it, on whatever connection it asks.
@Suite struct ClientLeaveTests {
  private static let known = Servers.request("/", "POST", "Expect: 100-continue\r\nContent-Length: 5\r\n")
  private static let chunked = Servers.request(
    "/", "POST", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")

  /// What the request carries, and how many bytes a server gets of it.
  struct Content: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: ClientBody
    let bytes: Int
  }

  static let contents = [
    Content(testDescription: "bytes", body: .bytes(Array("hello".utf8)), bytes: known.utf8.count + 5),
    Content(
      testDescription: "a stream of known length", body: .stream(length: 5) { try await $0.write("hello") },
      bytes: known.utf8.count + 5),
    Content(
      testDescription: "a stream in chunks", body: .stream { try await $0.write("hello") },
      bytes: chunked.utf8.count + "5\r\nhello\r\n0\r\n\r\n".utf8.count),
  ]

  private static func ask(_ simulation: ClientSimulation, _ content: Content) {
    simulation.ask(1) {
      $0.method = "POST"
      $0.body = content.body
      $0.expectsContinue = true
    }
  }

  @Test(arguments: contents)
  func `the body goes on after a second on a connection that is kept`(content: Content) {
    let server = SimulatedPeer(
      "server",
      steps: [
        .awaitBytes(Servers.requestBytes), .send(Servers.ok("one")),
        .awaitBytes(Servers.requestBytes + content.bytes), .send(Servers.ok("two")),
      ])
    let simulation = ClientSimulation([server])
    simulation.ask(0)
    _ = simulation.run()
    let before = simulation.elapsed
    Self.ask(simulation, content)
    #expect(simulation.run())
    #expect(
      simulation.outcomes[0] == .answered(200, "one") && simulation.outcomes[1] == .answered(200, "two"))
    #expect((1..<1.2).contains(simulation.elapsed - before))
    #expect(simulation.finish() == [])
  }

  @Test(arguments: contents, [1, 2])
  func `the body is sent after a second on a new connection, to one address or the first of several`(
    content: Content, addresses: Int
  ) {
    let server = SimulatedPeer("server", steps: [.awaitBytes(content.bytes), .send(Servers.ok("one"))])
    let simulation = ClientSimulation([server], addresses: addresses)
    Self.ask(simulation, content)
    #expect(simulation.run())
    #expect(simulation.outcomes[1] == .answered(200, "one"))
    #expect((1..<1.2).contains(simulation.elapsed))
    #expect(simulation.finish() == [])
  }

  @Test func `a server that gives leave and then nothing is waited for once, not twice`() {
    for content in Self.contents {
      let server = SimulatedPeer(
        "server",
        steps: [
          .awaitBytes(Self.known.utf8.count), .send("HTTP/1.1 100 Continue\r\n\r\n"), .awaitBytes(.max),
        ])
      let simulation = ClientSimulation([server]) { $0.timeouts.head = .seconds(5) }
      Self.ask(simulation, content)
      #expect(simulation.run())
      #expect(simulation.outcomes[1] == .failed(.timedOut(.head)))
      #expect(simulation.elapsed < 5.5, "\(content.testDescription)")
      #expect(simulation.finish() == [])
    }
  }
}

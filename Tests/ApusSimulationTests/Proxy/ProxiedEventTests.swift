// Streams of events from a server behind: whole where that server ends them, and nowhere else
// unless the proxy was told so.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct ProxiedEventTests {
  private static func head(_ more: String = "") -> SimulatedPeer.Step {
    .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\(more)Transfer-Encoding: chunked\r\n\r\n")
  }

  private static func chunk(_ text: String) -> SimulatedPeer.Step {
    .send(String(text.utf8.count, radix: 16) + "\r\n\(text)\r\n")
  }

  private static let events = (1...6).map { "data: \($0)\n\n" }

  /// Six events, one each half second from the request on, and then the end, or nothing.
  private static func six(_ more: String = "", ends: Bool = true) -> SimulatedPeer {
    let steps = events.flatMap { [chunk($0), .pause(.milliseconds(500))] }
    return .server([head(more)] + steps + [ends ? .send("0\r\n\r\n") : .awaitBytes(.max)])
  }

  /// Drains 1.2 s after the request, and answers how long the core went on.
  private static func drain(_ scenario: inout ProxyScenario) -> Double {
    scenario.run(for: .milliseconds(1200))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
    return scenario.simulation.finishedAt.map { scenario.seconds($0) - 1.2 } ?? 1000
  }

  @Test(arguments: [false, true])
  func `a stream that its server ends is whole, though a drain comes in its middle`(wrapped: Bool) throws {
    var scenario = try ProxyScenario([Self.six()], accessLog: .simulated, wrapped: wrapped)
    let client = scenario.ask(Heads.front())
    let rest = Self.drain(&scenario)
    #expect(client.answers.map(\.text) == [Self.events.joined()])
    #expect((1.8...1.9).contains(rest), "\(rest) s")
    let wasForced = scenario.simulation.reactor.drainForced
    #expect(!wasForced)
    #expect(scenario.kernel.logLines.map(\.isCut) == [false])
  }

  @Test(arguments: [false, true])
  func `one that outlasts the drain is reset at its end, and its line says cut`(wrapped: Bool) throws {
    let server = Self.six(ends: false)
    var scenario = try ProxyScenario([server], accessLog: .simulated, wrapped: wrapped)
    let client = scenario.ask(Heads.front())
    let rest = Self.drain(&scenario)
    #expect((25...25.1).contains(rest), "\(rest) s")
    #expect(client.answers.isEmpty && client.resetAt != nil)
    let wasForced = scenario.simulation.reactor.drainForced
    #expect(wasForced)
    #expect(scenario.kernel.logLines.map(\.isCut) == [true])
  }

  @Test(arguments: [false, true])
  func `a proxy that was told so ends it with the drain, behind an event`(wrapped: Bool) throws {
    let server = Self.six(ends: false)
    var scenario = try ProxyScenario(
      [server], accessLog: .simulated, { $0.endsEventStreamsAtDrain = true }, wrapped: wrapped)
    let client = scenario.ask(Heads.front())
    let rest = Self.drain(&scenario)
    #expect(rest < 0.1, "\(rest) s")
    #expect(client.answers.map(\.text) == [Self.events[..<3].joined()])
    #expect(server.resetAt != nil || server.endedAt != nil)
    #expect(scenario.kernel.logLines.map(\.isCut) == [false])
  }

  @Test func `the event that is under way then comes to its end first, and nothing behind it`() throws {
    for (first, end, more) in [
      ("data: 2", "\n\n", "data: 3\n\n"), ("data: 2\r\n", "\r\n", "data: 3\r\n\r\n"),
    ] {
      let server = SimulatedPeer.server([
        Self.head(), Self.chunk("data: 1\n\n"), Self.chunk(first), .pause(.seconds(3)),
        Self.chunk(end + more),
        .awaitBytes(.max),
      ])
      var scenario = try ProxyScenario([server], { $0.endsEventStreamsAtDrain = true })
      let client = scenario.ask(Heads.front())
      let seconds = Self.drain(&scenario)
      #expect((1.8...1.9).contains(seconds), "\(seconds) s")
      #expect(client.answers.map(\.text) == ["data: 1\n\n" + first + end])
    }
  }

  @Test func `an event that never ends, and content that is coded, are cut by the drain's end alone`() throws
  {
    let halves = SimulatedPeer.server([Self.head(), Self.chunk("data: 1\n\ndata: 2\n"), .awaitBytes(.max)])
    for server in [halves, Self.six("Content-Encoding: br\r\n", ends: false)] {
      var scenario = try ProxyScenario(
        [server], accessLog: .simulated, { $0.endsEventStreamsAtDrain = true })
      let client = scenario.ask(Heads.front())
      let rest = Self.drain(&scenario)
      #expect((25...25.1).contains(rest), "\(rest) s")
      #expect(client.answers.isEmpty && client.resetAt != nil)
      #expect(scenario.kernel.logLines.map(\.isCut) == [true])
    }
  }

  @Test(arguments: [false, true], [false, true])
  func `a client's FIN lets go of the server at once, and the answer is no whole one`(
    wrapped: Bool, endsAtDrain: Bool
  ) throws {
    let server = Self.six()
    var scenario = try ProxyScenario(
      [server], accessLog: .simulated, { $0.endsEventStreamsAtDrain = endsAtDrain }, wrapped: wrapped)
    let client = scenario.ask(Heads.front(), then: [.pause(.milliseconds(1200)), .halfClose])
    client.closesAtEnd = false
    scenario.run(for: .milliseconds(1500))
    #expect(client.answers.isEmpty && client.resetAt != nil)
    #expect(server.resetAt != nil || server.endedAt != nil)
    #expect(scenario.kernel.logLines.map(\.isCut) == [true] || scenario.kernel.logLines.isEmpty)
    #expect(scenario.simulation.reactor.table.counters[CloseReason.peerFinished] == 1)
    let (held, open) = (
      scenario.simulation.reactor.core.exchanges.heldCount, scenario.simulation.reactor.table.openCount
    )
    #expect(held == 0 && open == 0)
    scenario.end()
    #expect(scenario.kernel.logLines.map(\.isCut) == [true])
    #expect(scenario.kernel.logLines.map(\.status) == [200])
  }

  @Test func `a slow reader of events that sends a FIN is sent what has come, and is not waited for after`()
    throws
  {
    let server = SimulatedPeer.server(
      [Self.head()]
        + (0..<40).map { _ in Self.chunk("data: " + String(repeating: "x", count: 1000) + "\n\n") }
        + [.awaitBytes(.max)])
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front(), then: [.pause(.milliseconds(200)), .halfClose])
    client.closesAtEnd = false
    client.reading = .slow(bytes: 1000, every: 50_000_000)
    client.windowBytes = 2000
    scenario.run(for: .milliseconds(400))
    #expect(server.resetAt != nil || server.endedAt != nil, "the server behind is let go at once")
    scenario.run(for: .seconds(5))
    #expect(client.answers.isEmpty && client.resetAt != nil)
    #expect(client.receivedBytes > 35_000)
    scenario.end()
  }
}

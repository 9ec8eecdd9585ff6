import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Connections that become tunnels when a server behind a proxy switches protocols.
@Suite struct TunnelTests {
  private static let more = "Connection: keep-alive, Upgrade\r\nUpgrade: echo\r\n"
  private static let front = Heads.front("/x", "GET", more)
  private static let behind = Heads.behind("/x", "GET", "Connection: Upgrade\r\nUpgrade: echo\r\n")
  private static let switching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\nX-Own: 1\r\n\r\n"
  private static let head = behind.utf8.count

  @Test func `bytes go both ways, and either end may end first`() throws {
    for clientEndsFirst in [true, false] {
      let server = SimulatedPeer.server(
        after: Self.head,
        [.send(Self.switching + "hello"), .awaitBytes(Self.head + 8), .send("more")]
          + (clientEndsFirst
            ? [.awaitEnd, .send("late"), .close] : [.halfClose, .awaitBytes(Self.head + 12), .awaitEnd]))
      server.closesAtEnd = false
      var scenario = try ProxyScenario([server])
      let client = SimulatedPeer(
        "client",
        steps: [.send(Self.front + "earl"), .awaitBytes(1), .pause(.milliseconds(5)), .send("then")]
          + (clientEndsFirst
            ? [.pause(.milliseconds(5)), .halfClose] : [.awaitEnd, .send("last"), .halfClose]))
      client.closesAtEnd = false
      scenario.kernel.add(client)
      scenario.run()
      let expected = clientEndsFirst ? "hellomorelate" : "hellomore"
      #expect(client.receivedText.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
      #expect(client.receivedText.hasSuffix("\r\n\r\n" + expected), "\(client.receivedText)")
      #expect(client.receivedText.contains("Connection: Upgrade\r\nUpgrade: echo\r\nX-Own: 1\r\n"))
      #expect(server.receivedText == Self.behind + "earlthen" + (clientEndsFirst ? "" : "last"))
      #expect(
        client.endedAt != nil && client.resetAt == nil && server.endedAt != nil && server.resetAt == nil)
      #expect(scenario.simulation.reactor.core.exchanges.heldCount == 0)
      scenario.end()
    }
  }

  @Test func `a half-close that takes its time ends before the connection does`() throws {
    for seed in Seed.list(standard: 60) {
      let line = Comment(rawValue: Seed.commandLine(seed, filter: "TunnelTests"))
      var random = SeededGenerator(seed: seed)
      let server = SimulatedPeer.server(
        after: Self.head,
        [
          .send(Self.switching), .pause(.microseconds(random.below(1500))), .send("more"), .halfClose,
          .awaitEnd,
        ])
      server.closesAtEnd = false
      let next = SimulatedPeer.server(
        after: Self.head, [.send(Self.switching + "hello"), .awaitBytes(Self.head + 4), .send("more")])
      var scenario = try ProxyScenario([server, next], seed: seed, faults: .only(.lateShutdown, 1))
      let client = SimulatedPeer(
        "client",
        steps: [
          .send(Self.front), .awaitBytes(1), .pause(.microseconds(random.below(1500))), .halfClose, .awaitEnd,
        ])
      scenario.kernel.add(client)
      scenario.run(for: .milliseconds(3))
      let second = SimulatedPeer("second", steps: [.send(Self.front), .awaitBytes(100), .send("then")])
      scenario.kernel.add(second)
      scenario.run(for: .seconds(1))
      #expect(client.receivedText.hasSuffix("more") && client.resetAt == nil, line)
      #expect(
        second.receivedText.hasSuffix("hello") || second.receivedText.hasSuffix("hellomore"), line)
      scenario.end()
    }
  }

  @Test func `each way is as fast as its slower end`() throws {
    let bytes = [UInt8](repeating: 120, count: 2_000_000)
    let server = SimulatedPeer.server(
      after: Self.head, [.send(Self.switching), .send(bytes), .awaitBytes(Self.head + bytes.count), .close])
    var timeouts = Timeouts()
    timeouts.minimumRate = 0
    var scenario = try ProxyScenario([server], timeouts: timeouts)
    let client = SimulatedPeer(
      "client",
      steps: [
        .setReading(.slow(bytes: 4000, every: 1_000_000)), .send(Self.front), .awaitBytes(1), .send(bytes),
        .awaitBytes(bytes.count),
      ])
    scenario.kernel.add(client)
    scenario.run(for: .milliseconds(200))
    #expect(server.receivedBytes == Self.head + bytes.count && client.receivedBytes < 900_000)
    scenario.run(for: .seconds(5))
    #expect(client.receivedBytes > bytes.count && client.endedAt != nil)
    scenario.end()
  }

  @Test func `a tunnel in which nothing passes ends, one in which something does stays`() throws {
    let server = SimulatedPeer.server(
      after: Self.head, [.send(Self.switching)] + repeated(10) { _ in [.pause(.seconds(20)), .send("x")] })
    var scenario = try ProxyScenario([server]) { $0.tunnelIdle = .seconds(30) }
    let client = SimulatedPeer("client", steps: [.send(Self.front), .awaitBytes(.max)])
    scenario.kernel.add(client)
    scenario.run(for: .seconds(210))
    #expect(client.endedAt == nil && client.receivedText.hasSuffix("xxxxxxxxxx"))
    scenario.run(for: .seconds(40))
    #expect(client.endedAt != nil && server.isDisconnected)
    scenario.end()
  }

  @Test func `a tunnel in which nothing ever passed ends, too`() throws {
    let server = SimulatedPeer.server(after: Self.head, [.send(Self.switching), .awaitBytes(.max)])
    var scenario = try ProxyScenario([server]) { $0.tunnelIdle = .seconds(30) }
    let client = SimulatedPeer("client", steps: [.send(Self.front), .awaitBytes(.max)])
    scenario.kernel.add(client)
    scenario.run(for: .seconds(29))
    #expect(client.endedAt == nil && client.receivedBytes > 0)
    scenario.run(for: .seconds(2))
    #expect(client.endedAt != nil && server.isDisconnected)
    scenario.end()
  }

  @Test func `an address that refused before another one took the connection is no failure of the tunnel`()
    throws
  {
    let server = SimulatedPeer.server(
      after: Self.head, [.send(Self.switching + "hello"), .awaitBytes(Self.head + 4), .send("more")])
    server.closesAtEnd = false
    var scenario = try ProxyScenario([server]) {
      $0.upstreams = ["http://behind"]
      $0.host = .preserved
      let addresses = ["10.0.0.1", "10.0.0.2"].compactMap { SocketAddress.numeric(host: $0, port: 80) }
      $0.resolver = Resolver(known: ["behind": addresses])
    } world: {
      $0.refusedConnects = 1
    }
    let client = SimulatedPeer(
      "client",
      steps: [
        .send(Self.front.replacing("front", with: "10.0.0.1")), .awaitBytes(1), .send("then"),
        .awaitBytes(.max),
      ])
    scenario.kernel.add(client)
    scenario.run(for: .seconds(1))
    #expect(client.receivedText.hasSuffix("hellomore") && client.resetAt == nil, "\(client.receivedText)")
    scenario.end()
  }

  @Test func `an end that fails, fails the other`() throws {
    for breaksBehind in [true, false] {
      let server = SimulatedPeer.server(
        after: Self.head,
        [.send(Self.switching), .pause(.milliseconds(20))] + (breaksBehind ? [.reset] : [.awaitBytes(.max)]))
      var scenario = try ProxyScenario([server])
      let client = SimulatedPeer(
        "client",
        steps: [.send(Self.front), .awaitBytes(1), .pause(.milliseconds(5))]
          + (breaksBehind ? [.awaitBytes(.max)] : [.reset]))
      scenario.kernel.add(client)
      scenario.run(for: .seconds(1))
      #expect(breaksBehind ? client.resetAt != nil : server.resetAt != nil)
      scenario.end()
    }
  }

  @Test func `a switch that is declined, not offered, or none at all makes no tunnel`() throws {
    let declined = SimulatedPeer.server(
      after: Self.head, [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")])
    var scenario = try ProxyScenario([declined])
    var client = scenario.ask(Self.front)
    scenario.run()
    #expect(client.answers.map(\.text) == ["no"] && !client.isDisconnected)
    scenario.end()

    let unasked = SimulatedPeer.server([.send(Self.switching)])
    scenario = try ProxyScenario([unasked])
    client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.status) == [502] && scenario.count(.malformedAnswer) == 1)
    scenario.end()

    let clear = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    scenario = try ProxyScenario([clear])
    scenario.ask(
      Heads.front(
        "/x", "GET",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")
    )
    scenario.run(for: .milliseconds(10))
    #expect(clear.receivedText == Heads.behind())
    scenario.end()
  }
}

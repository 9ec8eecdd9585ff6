import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Which connection a request goes over, and what becomes of stale ones.
@Suite struct ClientReuseTests {
  /// Answers a request, and what it does to the next.
  private static func stale(_ steps: [SimulatedPeer.Step]) -> SimulatedPeer {
    Servers.once(Servers.ok("first"), then: steps)
  }

  private static func post(_ request: inout ClientRequest) {
    request.method = "POST"
    request.body = .text("x")
  }

  private static let postBytes =
    Servers.request(
      "/", "POST", "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n"
    ).utf8.count + 1

  @Test func `an idempotent request is made again if its server dies at any byte of it`() {
    for count in 1...Servers.requestBytes {
      for ending in [SimulatedPeer.Step.close, .reset] {
        let simulation = ClientSimulation([
          Self.stale([.awaitBytes(Servers.requestBytes + count), ending]),
          Servers.always(Servers.ok("second")),
        ])
        #expect(simulation.outcome() == .answered(200, "first"))
        simulation.ask(1)
        #expect(simulation.run())
        #expect(simulation.outcomes[1] == .answered(200, "second"), "after \(count) bytes")
        #expect(simulation.finish() == [])
      }
    }
  }

  @Test func `a request that is not idempotent is not made again, once a byte of it may have left`() {
    for count in 1...Self.postBytes {
      for ending in [SimulatedPeer.Step.close, .reset] {
        let second = Servers.always(Servers.ok("second"))
        let simulation = ClientSimulation([
          Self.stale([.awaitBytes(Servers.requestBytes + count), ending]), second,
        ])
        #expect(simulation.outcome() == .answered(200, "first"))
        simulation.ask(1, "/", Self.post)
        #expect(simulation.run())
        #expect(simulation.outcomes[1] == .failed(.connectionLost), "after \(count) bytes, \(ending)")
        #expect(second.received.count == 0)
        #expect(simulation.finish() == [])
      }
    }
  }

  @Test
  func `a connection that was never used is not retried, nor one whose answer has begun, nor if told not to`()
  {
    let fresh = ClientSimulation([Servers.once("", then: [.close]), Servers.always(Servers.ok("second"))])
    #expect(fresh.outcome() == .failed(.connectionLost))
    #expect(fresh.finish() == [])

    let begun = Self.stale([.awaitBytes(Servers.requestBytes * 2), .send(Array("H".utf8)), .close])
    let started = ClientSimulation([begun, Servers.always(Servers.ok("second"))])
    #expect(started.outcome() == .answered(200, "first"))
    started.ask(1)
    #expect(started.run())
    #expect(started.outcomes[1] == .failed(.connectionLost))
    #expect(started.finish() == [])

    let told = ClientSimulation(
      [Self.stale([.awaitBytes(Servers.requestBytes * 2), .close]), Servers.always(Servers.ok("second"))],
      { $0.retriesStaleConnections = false })
    #expect(told.outcome() == .answered(200, "first"))
    told.ask(1)
    #expect(told.run())
    #expect(told.outcomes[1] == .failed(.connectionLost))
    #expect(told.finish() == [])
  }

  @Test func `bytes that arrive on an idle connection end it at once`() {
    for steps in [[SimulatedPeer.Step.close], [.reset], [.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))]] {
      let simulation = ClientSimulation([
        Self.stale([.pause(nanoseconds: 1_000_000_000)] + steps),
        Servers.always(Servers.ok("second"), requestBytes: Self.postBytes),
      ])
      #expect(simulation.outcome() == .answered(200, "first"))
      #expect(simulation.kernel.openCount == 1)
      simulation.pass(.seconds(2))
      #expect(simulation.kernel.openCount == 0, "nobody had to ask for that")
      simulation.ask(1, "/", Self.post)
      #expect(simulation.run())
      #expect(simulation.outcomes[1] == .answered(200, "second"))
      #expect(simulation.finish() == [])
    }
  }

  @Test func `bytes after a response do not count: the response is used, its connection is not used again`() {
    let simulation = ClientSimulation([
      Servers.once(Servers.ok("first") + Servers.ok("stray")), Servers.always(Servers.ok("second")),
    ])
    #expect(simulation.outcome() == .answered(200, "first"))
    simulation.ask(1)
    #expect(simulation.run())
    #expect(simulation.outcomes[1] == .answered(200, "second"))
    #expect(simulation.finish() == [])
  }

  @Test(
    arguments: [
      (nil, 15.0), ("Keep-Alive: timeout=5\r\n", 4.0), ("Keep-Alive: timeout=60, max=3\r\n", 15.0),
      ("Keep-Alive: timeout=1\r\n", 0.0), ("Connection: close\r\n", 0.0),
    ] as [(String?, Double)])
  func `an idle connection is closed before its server closes it`(fields: String?, after: Double) {
    let server = Servers.always(Servers.ok("ok", fields ?? ""))
    let simulation = ClientSimulation([server])
    #expect(simulation.outcome() == .answered(200, "ok"))
    let start = simulation.elapsed
    simulation.pass(.seconds(30))
    let end = Double(server.endedAt!.nanoseconds) / 1e9 - 1 - start
    #expect((after - 0.01...after + 0.1).contains(end), "closed after \(end) s")
    #expect(simulation.finish() == [])
  }

  @Test(arguments: [2, 7, 40])
  func `an idle time-out that was configured is the one that holds`(seconds: Int) {
    let server = Servers.always(Servers.ok("ok"))
    let simulation = ClientSimulation([server], { $0.idle = .seconds(seconds) })
    #expect(simulation.outcome() == .answered(200, "ok"))
    let start = simulation.elapsed
    simulation.pass(.seconds(60))
    let end = Double(server.endedAt!.nanoseconds) / 1e9 - 1 - start
    #expect((Double(seconds) - 0.01...Double(seconds) + 0.1).contains(end), "closed after \(end) s")
    #expect(simulation.finish() == [])
  }

  @Test func `the bound on uses, and one's own wish, end a connection`() {
    let servers = (0..<3).map { _ in Servers.always(Servers.ok("ok")) }
    let simulation = ClientSimulation(servers) { $0.usesPerConnection = 2 }
    for number in 0..<4 {
      simulation.ask(number)
      #expect(simulation.run())
    }
    #expect(servers.map(\.servedCount) == [2, 2, 0])
    #expect(simulation.finish() == [])

    let others = (0..<2).map { _ in
      SimulatedPeer(
        "server",
        steps: [
          .awaitBytes(10), .send(Array(Servers.ok("ok").utf8)), .awaitBytes(.max),
        ])
    }
    let own = ClientSimulation(others)
    #expect(own.outcome { $0.closesConnection = true } == .answered(200, "ok"))
    own.ask(1)
    #expect(own.run())
    #expect(own.outcomes[1] == .answered(200, "ok"))
    #expect(others.allSatisfy { $0.connectedAt != nil })
    #expect(own.finish() == [])
  }

  @Test func `the first address that answers wins, the others are let go`() {
    // Each connect takes 400 ms; the second address has its turn after 250, and is too late.
    let slow = ClientSimulation(
      [Servers.always(Servers.ok("ok"))], addresses: 3,
      world: {
        $0.connectNanoseconds = 400_000_000...400_000_000
      })
    #expect(slow.outcome() == .answered(200, "ok"))
    #expect((0.39...0.42).contains(slow.elapsed))
    #expect(slow.kernel.statistics.cancels >= 1)
    #expect(slow.finish() == [])

    // The first two are refused: the third has its turn at once.
    let refused = ClientSimulation(
      [Servers.always(Servers.ok("ok"))], addresses: 3, world: { $0.refusedConnects = 2 })
    #expect(refused.outcome() == .answered(200, "ok"))
    #expect(refused.elapsed < 0.01)
    #expect(refused.finish() == [])

    let none = ClientSimulation([], addresses: 3)
    guard case .failed(.connectFailed) = none.outcome() else {
      Issue.record("connected to nobody")
      return
    }
    #expect(none.finish() == [])
  }

  @Test func `a body that is not read is not received, and received once it is read`() {
    let body = String(repeating: "x", count: 1_000_000)
    let simulation = ClientSimulation([Servers.once(Servers.ok(body))])
    simulation.start { client, outcomes in
      let count = try? await client.perform(.get, "http://\(ClientSimulation.host)/") { _, body in
        try await Task.sleep(for: .seconds(5))
        return try await body.collect(upTo: 1_000_000).count
      }
      outcomes.note(0, .answered(200, "\(count ?? 0)"))
    }
    simulation.pass(.seconds(4))
    // The bound, and what was on its way when it was reached.
    #expect(simulation.kernel.statistics.bytesReceived < (64 << 10) + 40 * 1024)
    #expect(simulation.run())
    #expect(simulation.outcomes[0] == .answered(200, "1000000"))
    #expect(simulation.finish() == [])
  }

  @Test func `first come, first served`() {
    let server = Servers.always(Servers.ok("ok"))
    let simulation = ClientSimulation([server], { $0.connectionsPerHost = 1 }) {
      $0.turnNanoseconds = 1000...1000
    }
    for number in 0..<20 { simulation.ask(number, "/") }
    for number in 0..<20 {
      while simulation.outcomes[number] == nil { simulation.turn() }
      #expect((number + 1..<20).allSatisfy { simulation.outcomes[$0] == nil })
    }
    #expect(simulation.run())
    for number in 0..<20 { #expect(simulation.outcomes[number] == .answered(200, "ok")) }
    #expect(server.servedCount == 20)
    #expect(simulation.finish() == [])
  }
}

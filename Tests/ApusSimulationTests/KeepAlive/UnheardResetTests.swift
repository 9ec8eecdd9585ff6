// A reset that comes along with bytes, which an armed receive does not tell of: whoever has gone is not taken
// for who is late, and a drain does not wait for it.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct UnheardResetTests {
  private static let part = post("2", bytes: 100) + "part"
  private static let partOfHead = "POST /n/2 HTTP/1.1\r\nHost: a\r\nContent-Le"

  private static var collecting: Handler { asynchronous { _ in Response(status: 200) } }

  private static var reading: Handler {
    streaming { request, exchange in
      while try await exchange.read() != nil {}
      exchange.send(Response(status: 200))
    }
  }

  private static var slow: Handler {
    asynchronous { request in
      if text(request.query) != "0" { try await Task.sleep(for: .seconds(3600)) }
      return Response(status: 200)
    }
  }

  /// Of two resets one destroys what came before it: some seeds, so that some do not.
  private static func forEachHalfHeard(
    _ handler: Handler, _ sent: String, _ body: (inout Scenario) -> Void
  ) {
    var count = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      var scenario = Scenario(handler: handler, accessLog: .simulated) {
        $0.seed = seed
        $0.faults = .only(.deafReceive, 1)
      }
      let peer = SimulatedPeer(steps: [
        .send(get("1")), .awaitAnswers(1), .pause(.seconds(1)), .send(sent), .reset,
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .milliseconds(1500))
      guard scenario.openCount == 1 else { continue }
      count += 1
      body(&scenario)
    }
    #expect(count > 0)
  }

  @Test func `one in the midst of a body is 499, and no time-out`() {
    for handler in [Self.collecting, Self.reading] {
      Self.forEachHalfHeard(handler, Self.part) { scenario in
        scenario.simulation.run(for: .seconds(31))
        #expect(scenario.openCount == 0)
        #expect(scenario.kernel.logLines.map(\.status) == [200, 499])
        #expect(scenario.count(.peerReset) == 1 && scenario.count(.bodyTimeout) == 0)
        #expect(scenario.simulation.reactor.table.counters.unanswered == 1)
        scenario.end()
      }
    }
  }

  @Test func `one in the midst of a head is no time-out, and no answer`() {
    Self.forEachHalfHeard(Self.collecting, Self.partOfHead) { scenario in
      scenario.simulation.run(for: .seconds(16))
      #expect(scenario.openCount == 0)
      #expect(scenario.kernel.logLines.map(\.status) == [200])
      #expect(scenario.count(.peerReset) == 1 && scenario.count(.headTimeout) == 0)
      scenario.end()
    }
  }

  @Test func `a drain finds it, wherever it came`() {
    for (handler, sent) in [
      (Self.collecting, Self.part), (Self.reading, Self.part), (Self.collecting, Self.partOfHead),
      (Self.slow, get("2", size: 1)),
    ] {
      Self.forEachHalfHeard(handler, sent) { scenario in
        scenario.simulation.drain()
        let finished = scenario.simulation.finish()
        #expect(finished)
        let findings = scenario.simulation.audit()
        #expect(findings == [])
        let at = scenario.seconds(scenario.simulation.finishedAt) ?? 1000
        #expect(at < 1.6, "\(at) s")
        #expect(scenario.count(.peerReset) == 1)
      }
    }
  }

  @Test func `a peer that is there but late gets 408`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1")), .awaitAnswers(1), .send(Self.part)])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(40))
    #expect(peer.answers.map(\.status) == [200, 408])
    #expect(scenario.count(.bodyTimeout) == 1)
    scenario.end()
  }

  @Test func `who sends a little while it is looked at is late all the same`() {
    var scenario = Scenario()
    // Below the minimum rate, from the end of the grace on a byte each millisecond.
    let peer = SimulatedPeer(
      steps: [.send(get("1")), .awaitAnswers(1), .send(post("2", bytes: 100_000) + "part")]
        + repeated(200) { _ in [.pause(.milliseconds(100)), .send("x")] })
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(40))
    #expect(peer.answers.map(\.status) == [200, 408])
    let time = scenario.seconds(peer.answers.last?.time) ?? 0
    #expect((10..<11.5).contains(time), "\(time) s")
    scenario.end()
  }
}

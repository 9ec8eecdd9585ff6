// A client that goes before it has the beginning of an answer is a line of log, too.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct UnansweredLogTests {
  private static var slow: Handler {
    asynchronous { _ in
      try await Task.sleep(for: .seconds(100))
      return Response(status: 200)
    }
  }

  private static var reading: Handler {
    streaming { _, exchange in
      while try await exchange.read() != nil {}
      exchange.send(Response(status: 200))
    }
  }

  @Test func `it says 499, no bytes, and how long the client had waited`() {
    let part = post("1", bytes: 100_000) + String(repeating: "x", count: 2000)
    for (name, handler, text) in [
      ("a handler at work", Self.slow, get("1")), ("a body that is collected", Self.slow, part),
      ("a body that is read", Self.reading, part),
    ] {
      for ending in [SimulatedPeer.Step.reset, .close] {
        var scenario = Scenario(handler: handler, accessLog: .simulated)
        scenario.add(SimulatedPeer(steps: [.send(text), .pause(.seconds(2)), ending]))
        scenario.simulation.run(for: .seconds(400))
        let lines = scenario.kernel.logLines
        #expect(lines.map(\.status) == [499] && lines.map(\.bytes) == [0], "\(name) \(ending) \(lines)")
        #expect(lines.allSatisfy { $0.isCut && $0.seconds >= 2 }, "\(name) \(ending) \(lines)")
        #expect(lines.first?["request"].hasSuffix("/n/1?0 HTTP/1.1") == text.hasPrefix("GET"))
        #expect(scenario.simulation.reactor.table.counters.unanswered == 1)
        scenario.end()
      }
    }
  }

  @Test func `one that is ended here is 503, and counted apart`() {
    let part = post("1", bytes: 100_000) + String(repeating: "x", count: 2000)
    for (name, handler, text) in [
      ("a handler at work", Self.slow, get("1")), ("a body that is collected", Self.slow, part),
      ("a body that is read", Self.reading, part),
    ] {
      for isAtOnce in [false, true] {
        var timeouts = Timeouts()
        timeouts.drain = .seconds(5)
        var scenario = Scenario(timeouts: timeouts, handler: handler, accessLog: .simulated)
        let peer = SimulatedPeer(steps: [.send(text)])
        scenario.add(peer)
        scenario.simulation.run(for: .seconds(2))
        if isAtOnce { scenario.simulation.stop() } else { scenario.simulation.drain() }
        let finished = scenario.simulation.finish()
        #expect(finished && peer.answers.isEmpty && peer.resetAt != nil)
        let lines = scenario.kernel.logLines
        #expect(lines.map(\.status) == [503] && lines.allSatisfy(\.isCut), "\(name) \(lines)")
        #expect(lines.allSatisfy { $0.seconds >= (isAtOnce ? 2 : 7) }, "\(name) \(lines)")
        let counters = scenario.simulation.reactor.table.counters
        #expect(counters.givenUp == 1 && counters.unanswered == 0)
      }
    }
  }

  @Test func `one behind answers that its client does not take is 499`() {
    let handler = asynchronous { request in
      if request.path.count > 4 { try await Task.sleep(for: .seconds(300)) }
      return Response(status: 200, body: .text(String(repeating: "x", count: 10_000)))
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(get("1") + get("22"))])
    peer.reading = .never
    peer.windowBytes = 1000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    #expect(scenario.count(.sendTimeout) == 1)
    let lines = scenario.kernel.logLines
    #expect(lines.map(\.status) == [200, 499] && lines.allSatisfy(\.isCut), "\(lines)")
    #expect(scenario.simulation.reactor.table.counters.unanswered == 1)
    scenario.end()
  }

  @Test func `its line follows those of the answers before`() {
    let handler = asynchronous { request in
      if request.path.count > 4 { await Core.current?.executor.sleep(for: .seconds(30)) }
      return Response(status: 200)
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    scenario.add(SimulatedPeer(steps: [.send(get("1") + get("22")), .pause(.seconds(2)), .reset]))
    scenario.simulation.run(for: .seconds(5))
    #expect(scenario.kernel.logLines.map(\.status) == [200, 499])
    scenario.end()
  }
}

// As many connections as allowed: the oldest idle ones make room. And accepting when accepting fails.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct CeilingTests {
  static func limits(_ connections: Int, reapedTogether: Int = 4) -> Limits {
    var limits = Limits()
    limits.connections = connections
    limits.reapedTogether = reapedTogether
    return limits
  }

  @Test func `at the ceiling the connections that were idle longest go, and all newcomers are served`() {
    var scenario = Scenario(limits: Self.limits(20))
    var early: [SimulatedPeer] = []
    for index in 0..<20 {
      let peer = SimulatedPeer("early \(index)", steps: [.send(get("e\(index)"))])
      early.append(peer)
      scenario.add(peer, after: .milliseconds(100 * index))
    }
    var late: [SimulatedPeer] = []
    for index in 0..<8 {
      let peer = SimulatedPeer("late \(index)", steps: [.send(get("l\(index)"))])
      late.append(peer)
      scenario.add(peer, after: .milliseconds(5000 + 10 * index))
    }
    scenario.simulation.run(for: .seconds(8))
    #expect(late.allSatisfy { $0.answers.count == 1 })
    let ended = early.filter { $0.endedAt != nil }.map(\.name)
    #expect(ended.count >= 8)
    #expect(ended == early.prefix(ended.count).map(\.name), "the oldest first")
    #expect(scenario.openCount <= 20)
    scenario.end()
  }

  @Test func `no connection younger than a second is taken from its peer; newcomers wait`() {
    var scenario = Scenario(limits: Self.limits(10))
    var early: [SimulatedPeer] = []
    for index in 0..<10 {
      let peer = SimulatedPeer(steps: [.send(get("e\(index)"))])
      early.append(peer)
      scenario.add(peer)
    }
    let late = SimulatedPeer(steps: [.send(get("late"))])
    scenario.add(late, after: .milliseconds(500))
    scenario.simulation.run(for: .milliseconds(990))
    #expect(early.allSatisfy { $0.endedAt == nil })
    #expect(late.answers.count == 0)
    scenario.simulation.run(for: .seconds(3))
    #expect(late.answers.count == 1, "it was let in once a second had passed")
    scenario.end()
  }

  @Test func `busy connections are never taken for a newcomer`() {
    var scenario = Scenario(limits: Self.limits(10))
    for index in 0..<10 {
      let body = post("b\(index)", bytes: 10_000)
      scenario.add(
        SimulatedPeer(steps: [.send(body), .pause(.seconds(8)), .send(pattern("b\(index)", 10_000))]))
    }
    let late = SimulatedPeer(steps: [.send(get("late"))])
    scenario.add(late, after: .seconds(2))
    scenario.simulation.run(for: .seconds(30))
    #expect(scenario.kernel.peers.prefix(10).allSatisfy { $0.answers.map(\.status) == [200] })
    #expect(late.answers.count == 1)
    scenario.end()
  }

  @Test func `storms at the ceiling leave nothing behind, at whatever address they arrive`() {
    for seed in Seed.list(standard: 30) {
      var scenario = Scenario(limits: Self.limits(12)) {
        $0.seed = seed
        $0.faults = Faults.all.without(.reset).without(.slowPeer)
        // Room for all: an accept that could not be cancelled just now takes its whole backlog.
        $0.slotCount = 160
        $0.listenerCount = 3
      }
      for index in 0..<150 {
        let peer = SimulatedPeer(steps: [
          .send(get("\(index)")), .pause(.milliseconds(index % 7)), .send(get("x")),
        ])
        peer.listener = index % 3
        scenario.add(peer, after: .milliseconds(37 * index))
      }
      scenario.simulation.run(for: .seconds(60))
      let unserved = scenario.kernel.peers.filter { $0.answers.isEmpty }.count
      #expect(unserved == 0, "\(Seed.commandLine(seed, filter: "CeilingTests"))")
      #expect(scenario.kernel.violations == [], "\(Seed.commandLine(seed, filter: "CeilingTests"))")
      scenario.end()
    }
  }

  @Test func `a drain closes every listener once, whatever its accept is at`() {
    for seed in Seed.list(standard: 20) {
      var scenario = Scenario(limits: Self.limits(4)) {
        $0.seed = seed
        $0.faults = .only(.acceptError, 0.3)
        $0.listenerCount = 4
      }
      for index in 0..<20 {
        let peer = SimulatedPeer(steps: [.send(get("\(index)"))])
        peer.listener = index % 4
        scenario.add(peer, after: .milliseconds(40 * index))
      }
      scenario.simulation.run(for: .milliseconds(500))
      scenario.end()
    }
  }

  @Test func `an accept that fails again and again is retried ten times a second, not in a loop`() {
    var scenario = Scenario { $0.faults = .only(.acceptError, 1) }
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.simulation.run(for: .seconds(2))
    #expect(scenario.kernel.statistics.systemCalls < 60)
    #expect(scenario.simulation.reactor.table.counters.acceptErrors >= 15)
    scenario.end()
  }
}

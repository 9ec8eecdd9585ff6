// SIGTERM: what is under way is finished, what is idle gets a last moment, and there is an end.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct DrainTests {
  @Test func `an idle connection gets one second, then FIN, and the core ends`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(scenario.seconds(peer.endedAt) == 6)
    #expect(peer.resetAt == nil)
    #expect(scenario.count(.drain) == 1)
    #expect(scenario.drainWasForced == false)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test func `a request in that second is answered, with close`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1")), .pause(.milliseconds(5900)), .send(get("2"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(peer.answers.map(\.text) == ["1:0:", "2:0:"])
    #expect(peer.answers.map(\.closes) == [false, true])
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test
  func `an answer on its way arrives whole, and its connection then ends without waiting for the deadline`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", size: 30_000))])
    peer.reading = .slow(bytes: 1000, every: 100_000_000)
    peer.windowBytes = 4000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(peer.answers.map(\.status) == [200])
    #expect(peer.answers.first?.body.count == 30_004)
    // 3 s for the answer, at most 1 s idle after it.
    #expect((scenario.seconds(peer.endedAt) ?? 100) <= 5)
    #expect(peer.resetAt == nil)
    #expect(scenario.drainWasForced == false)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test func `a small answer still under way at the drain does not hold the core to the deadline`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", size: 9_000))])
    peer.reading = .slow(bytes: 1000, every: 400_000_000)
    peer.windowBytes = 2000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(peer.answers.map(\.status) == [200])
    #expect((scenario.seconds(peer.endedAt) ?? 100) <= 6)
    #expect(scenario.drainWasForced == false)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test func `a body under way is collected and answered`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 100)), .pause(.seconds(3)), .send(pattern("1", 100)),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(peer.answers.map(\.text) == ["1:100:"])
    #expect(peer.answers.first?.closes == true)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test func `a connection that has not ended after 25 seconds is reset`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", size: 2_000_000))])
    peer.reading = .slow(bytes: 1000, every: 100_000_000)
    peer.windowBytes = 4000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect(scenario.seconds(peer.resetAt) == 26)
    #expect(scenario.count(.drainForced) == 1)
    #expect(scenario.drainWasForced == true)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test func `the order to stop resets what is open at once`() {
    var scenario = Scenario()
    for index in 0..<5 { scenario.add(SimulatedPeer(steps: [.send(get("\(index)"))])) }
    scenario.simulation.run(for: .seconds(1))
    scenario.simulation.stop()
    let finished = scenario.simulation.finish()
    #expect(finished)
    #expect((scenario.seconds(scenario.simulation.finishedAt) ?? 100) < 1.1)
    #expect(scenario.kernel.peers.allSatisfy { $0.resetAt != nil })
    let findings = scenario.simulation.audit()
    #expect(findings == [])
  }

  @Test
  func `a connection that waits at the listener when the drain begins is served, a later one may be refused`()
  {
    let seeds = Seed.list(standard: 50)
    var (served, turnedAway) = (0, 0)
    for seed in seeds {
      var scenario = Scenario {
        $0.seed = seed
        $0.faults = .only(.reorder, 0.5)
        $0.turnNanoseconds = 0...50_000
        $0.wakeNanoseconds = 0...50_000
      }
      scenario.simulation.run(for: .milliseconds(1))
      for index in 0..<20 {
        scenario.kernel.add(SimulatedPeer(steps: [.send(get("\(index)"))]), after: UInt64(20_000 * index))
      }
      scenario.kernel.ringWake(after: 200_000)
      scenario.simulation.run(for: .microseconds(200))
      let drainedAt = scenario.kernel.now
      scenario.simulation.drain()
      let finished = scenario.simulation.finish()
      #expect(finished)
      let line = Comment(rawValue: Seed.commandLine(seed, filter: "DrainTests"))
      for peer in scenario.kernel.peers {
        let isServed = peer.answers.map(\.status) == [200]
        let isEarly = peer.connectedAt.map { $0 <= drainedAt } ?? false
        // A connection that comes between the last accept and the close of its listener is reset with it.
        #expect(isServed || !isEarly && (peer.refusedAt != nil || peer.resetAt != nil), line)
        if isServed { served += 1 } else { turnedAway += 1 }
      }
      let findings = scenario.simulation.audit()
      #expect(findings == [])
    }
    #expect((served > 0 && turnedAway > 0) || seeds.count < 10, "\(served) served, \(turnedAway) turned away")
  }
}

// Cancels that find nothing, as the kernel is in the middle of what they are to cancel. Asked once, most of
// them would be lost here.

import ApusEngine
import ApusTesting
import Testing

@Suite struct MissedCancelTests {
  private static let seeds = Seed.list(standard: 30)

  private func scenario(_ seed: UInt64, limits: Limits = Limits(), timeouts: Timeouts = Timeouts())
    -> Scenario
  {
    Scenario(limits: limits, timeouts: timeouts) {
      $0.seed = seed
      $0.faults = .only(.missedCancel, 0.8)
    }
  }

  @Test func `a refused peer that sends on loses its connection when the time to linger is over`() {
    for seed in Self.seeds {
      var scenario = scenario(seed)
      let more: [SimulatedPeer.Step] = (0..<100).flatMap { _ in [.pause(.milliseconds(100)), .send("more")] }
      let peer = SimulatedPeer(steps: [.send("nonsense\r\n\r\n")] + more)
      peer.closesAtEnd = false
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(3))
      #expect(peer.answers.map(\.status) == [400], "seed \(seed)")
      #expect(peer.resetAt != nil, "seed \(seed): nobody reads what it sends")
      scenario.end()
    }
  }

  @Test
  func `a core that is told to stop ends, with peers that are idle and peers in the middle of a request`() {
    for seed in Self.seeds {
      var scenario = scenario(seed)
      for index in 0..<10 {
        scenario.add(SimulatedPeer(steps: [.send(index < 5 ? get("\(index)") : "GET /")]))
      }
      scenario.simulation.run(for: .seconds(1))
      scenario.simulation.stop()
      let finished = scenario.simulation.finish()
      #expect(finished, "seed \(seed)")
      let findings = scenario.simulation.audit()
      #expect(findings == [], "seed \(seed)")
    }
  }

  @Test func `a peer that stops reading in the middle of its answer holds no core up that is told to stop`() {
    for seed in Self.seeds {
      var scenario = scenario(seed)
      let peer = SimulatedPeer(steps: [.send(get("1", size: 30_000))])
      peer.reading = .never
      peer.windowBytes = 4000
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(1))
      scenario.simulation.stop()
      let finished = scenario.simulation.finish(within: .seconds(5))
      #expect(finished, "seed \(seed)")
      let findings = scenario.simulation.audit()
      #expect(findings == [], "seed \(seed)")
    }
  }

  @Test
  func
    `a peer that reads slowly but enough gets its whole answer, though its send is cancelled to look at its progress`()
  {
    for seed in Self.seeds {
      var scenario = scenario(seed)
      // A send that takes several times the 30 s after which one is looked at.
      let peer = SimulatedPeer(steps: [.send(get("1", size: 150_000))])
      peer.reading = .slow(bytes: 1000, every: 1_000_000_000)
      peer.windowBytes = 2000
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(200))
      #expect(peer.answers.map(\.status) == [200], "seed \(seed)")
      scenario.end()
    }
  }

  @Test
  func
    `a core that is full stops accepting and goes on when there is room, and ends when it is told to drain`()
  {
    for seed in Self.seeds {
      var scenario = scenario(seed, limits: CeilingTests.limits(3))
      let peers = (0..<12).map { SimulatedPeer(steps: [.send(get("\($0)"))]) }
      for (index, peer) in peers.enumerated() { scenario.add(peer, after: .milliseconds(300 * index)) }
      scenario.simulation.run(for: .seconds(20))
      #expect(peers.allSatisfy { $0.answers.count == 1 }, "seed \(seed)")
      #expect(scenario.openCount <= 3, "seed \(seed)")
      scenario.end()
    }
  }
}

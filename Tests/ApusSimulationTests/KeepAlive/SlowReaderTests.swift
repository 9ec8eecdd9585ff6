// Peers that take their answers slowly, or not at all.

import ApusEngine
import ApusRing
import ApusTestSupport
import ApusTesting
import Testing

@Suite struct SlowReaderTests {
  @Test func `a peer with a shut window is reset after the stall, or earlier for want of the minimum rate`() {
    for rate: UInt64 in [0, 240] {
      var timeouts = Timeouts()
      timeouts.minimumRate = rate
      var scenario = Scenario(timeouts: timeouts)
      let peer = SimulatedPeer(steps: [.send(get("1", size: 100_000))])
      peer.reading = .never
      peer.windowBytes = 1000
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(200))
      let time = scenario.seconds(peer.resetAt) ?? 0
      // A thousand bytes more than its ten seconds of grace are good for.
      #expect(rate == 0 ? time >= 30 && time < 31 : time > 14 && time < 15, "\(time) s")
      #expect(scenario.count(.sendTimeout) == 1)
      scenario.end()
    }
  }

  @Test func `a peer with a shut window that goes on asking is reset all the same`() {
    var scenario = Scenario()
    let asking = repeated(58) { [.pause(.seconds(4)), .send(get("\($0 + 2)"))] }
    let peer = SimulatedPeer(steps: [.send(get("1", size: 12_000))] + asking)
    peer.reading = .never
    peer.windowBytes = 1000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(400))
    let time = scenario.seconds(peer.resetAt) ?? 1000
    #expect(time < 31, "\(time) s")
    #expect(scenario.count(.sendTimeout) == 1)
    scenario.end()
  }

  @Test func `a slow but honest reader gets everything, however long it takes`() {
    for size in [9_000, 300_000] {
      var scenario = Scenario()
      let peer = SimulatedPeer(steps: [.send(get("1", size: size)), .send(get("2"))])
      peer.reading = .slow(bytes: 1000, every: 1_000_000_000)
      peer.windowBytes = 4000
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(400))
      #expect(peer.answers.map(\.status) == [200, 200])
      expectSame(peer.answers.first?.body ?? [], Array("1:0:".utf8) + pattern("1", size))
      scenario.end()
    }
  }

  @Test func `ten thousand requests behind a slow reader are answered in order, in bounded memory`() {
    var scenario = Scenario { $0.slotCount = 8 }
    let count = 10_000
    let requests = (0..<count).map { get("\($0)", size: 40) }.joined()
    let peer = SimulatedPeer(steps: [.send(requests)])
    peer.reading = .slow(bytes: 2000, every: 1_000_000)
    peer.windowBytes = 8000
    scenario.add(peer)
    var most = 0
    for _ in 0..<2000 where peer.answers.count < count {
      scenario.simulation.run(for: .milliseconds(2))
      most = max(most, scenario.heldBytes)
    }
    #expect(peer.answers.count == count)
    #expect(zip(peer.answers, 0...).allSatisfy { $0.text.hasPrefix("\($1):0:") })
    // 64 KiB that wait, 64 KiB of answers and those under way, in blocks up to four times as large.
    #expect(most <= 1 << 20, "\(most) bytes")
    scenario.end()
  }

  @Test func `a reader that is gone costs nothing but its connection`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", size: 200_000)), .pause(.milliseconds(5)), .reset])
    peer.reading = .slow(bytes: 1000, every: 1_000_000)
    peer.windowBytes = 4000
    let other = SimulatedPeer(steps: [.pause(.milliseconds(6)), .send(get("2"))])
    scenario.add(peer)
    scenario.add(other)
    scenario.simulation.run(for: .seconds(1))
    #expect(scenario.count(.peerReset) == 1)
    #expect(other.answers.map(\.text) == ["2:0:"])
    scenario.end()
  }
}

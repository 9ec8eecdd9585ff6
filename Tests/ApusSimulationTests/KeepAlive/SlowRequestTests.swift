// Heads and bodies that come slowly, or not at all.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct SlowRequestTests {
  @Test func `a head that is not complete 15 seconds after its first byte is answered with 408`() {
    var scenario = Scenario()
    // A byte each second does not extend it.
    let steps: [SimulatedPeer.Step] =
      [.pause(.seconds(3))]
      + repeated(get("1").utf8.count) { [.send([Array(get("1").utf8)[$0]]), .pause(.seconds(1))] }
    let peer = SimulatedPeer(steps: steps)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(120))
    #expect(peer.answers.map(\.status) == [408])
    #expect(peer.answers.first?.closes == true)
    // Whether it is there at all is looked at first.
    #expect((18...18.002).contains(scenario.seconds(peer.answers.first?.time) ?? 0))
    #expect(scenario.count(.headTimeout) == 1)
    #expect(scenario.ledger.entries == [])
    scenario.end()
  }

  @Test func `a HEAD that is not complete in time, or whose body is not, is refused without content`() {
    for request in ["HEAD", "HEAD /n/1 HT", "HEAD /n/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"] {
      var scenario = Scenario()
      let peer = SimulatedPeer(methods: ["HEAD"], steps: [.send(request)])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(120))
      #expect(peer.answers.map(\.status) == [408], "\(request)")
      #expect(peer.trailingCount == 0, "\(request)")
      scenario.end()
    }
  }

  @Test func `the head's last byte wins at the very moment of its time-out, and while its peer is looked at`()
  {
    for distance in -2...2 {
      var scenario = Scenario()
      let request = get("1")
      let peer = SimulatedPeer(steps: [
        .send(String(request.dropLast(2))), .pause(.milliseconds(15_000 + distance)),
        .send(String(request.suffix(2))),
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(30))
      #expect(peer.answers.map(\.status) == [distance <= 1 ? 200 : 408], "\(distance) ms from the time-out")
      scenario.end()
    }
  }

  @Test func `the second head has 15 seconds of its own`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(get("1")), .pause(.seconds(40)), .send("GET"), .pause(.seconds(14)),
      .send(String(get("2").dropFirst(3))),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    #expect(peer.answers.map(\.text) == ["1:0:", "2:0:"])
    scenario.end()
  }

  @Test func `a connection opened ahead of use may wait`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.pause(.seconds(9)), .send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(20))
    #expect(peer.answers.map(\.status) == [200])
    scenario.end()
  }

  @Test func `a body that stalls for 30 seconds is answered with 408`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 20_000)), .pause(.seconds(2)), .send(pattern("1", 10_000)),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(120))
    #expect(peer.answers.map(\.status) == [408])
    #expect((32...32.002).contains(scenario.seconds(peer.answers.first?.time) ?? 0))
    #expect(scenario.count(.bodyTimeout) == 1)
    #expect(scenario.ledger.entries == [])
    scenario.end()
  }

  @Test func `a body slower than the minimum rate is answered with 408 though it never stalls`() {
    var scenario = Scenario()
    let trickle = repeated(200) { _ in [.send([UInt8](repeating: 65, count: 100)), .pause(.seconds(1))] }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 20_000))] + trickle)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(240))
    #expect(peer.answers.map(\.status) == [408])
    // After ten seconds of grace, 100 B/s fall behind 240 B/s: 10 + 100 t / 240 < t from the 18th second on.
    let time = scenario.seconds(peer.answers.first?.time) ?? 0
    #expect(time > 17 && time < 18.1)
    scenario.end()
  }

  @Test func `a slow body above the minimum rate is collected whole`() {
    var scenario = Scenario()
    let body = pattern("1", 30_000)
    let trickle = repeated(100) { index in
      [.send(Array(body[(index * 300)..<(index * 300 + 300)])), .pause(.seconds(1))]
    }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 30_000))] + trickle)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(120))
    #expect(peer.answers.map(\.text) == ["1:30000:"])
    #expect(scenario.ledger.damagedBodies == 0)
    scenario.end()
  }

  @Test func `a body that is promised a continue gets it once, before the answer`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 5, fields: "Expect: 100-continue\r\n")), .pause(.milliseconds(500)),
      .send(pattern("1", 5)),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(100))
    #expect(peer.interim == [100])
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.interim == [100])
    #expect(peer.answers.map(\.text) == ["1:5:"])
    scenario.end()
  }

  @Test func `a body beyond the route's bound is refused with 413, and the connection ends`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 100, path: "small")), .pause(.milliseconds(1)), .send(pattern("1", 100)),
      .send(get("2")),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(30))
    #expect(peer.answers.map(\.status) == [413])
    #expect(peer.endedAt != nil && peer.resetAt == nil)
    scenario.end()
  }

  @Test func `the peer's end in the middle of a head or a body ends the connection, uncounted as a request`()
  {
    for (partial, requests) in [("GET / HT", 0), (post("1", bytes: 5) + "ab", 1)] {
      var scenario = Scenario()
      let peer = SimulatedPeer(steps: [.send(partial), .halfClose])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(1))
      #expect(peer.answers.count == 0)
      #expect(peer.endedAt != nil)
      #expect(scenario.count(.peerTruncated) == 1)
      #expect(scenario.simulation.reactor.table.counters.requests == UInt64(requests))
      #expect(scenario.ledger.entries == [])
      scenario.end()
    }
  }
}

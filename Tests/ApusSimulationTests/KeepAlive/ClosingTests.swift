// How connections end: half-closes, the last answer, and what still comes after it.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct ClosingTests {
  @Test func `a client that half-closes after its requests gets every answer, then our FIN`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1") + get("2", size: 70_000) + get("3")), .halfClose])
    peer.reading = .slow(bytes: 5000, every: 1_000_000)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.map(\.status) == [200, 200, 200])
    #expect(peer.endedAt != nil && peer.resetAt == nil)
    #expect(scenario.count(.peerFinished) == 1)
    scenario.end()
  }

  @Test func `an answer to close ends the connection at once, and what follows is not answered`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", fields: "Connection: close\r\n"))])
    peer.closesAtEnd = false
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(1))
    #expect(peer.answers.map(\.closes) == [true])
    #expect(scenario.seconds(peer.endedAt) == 0)
    #expect(scenario.openCount == 0, "nothing was unread: no lingering")
    #expect(scenario.count(.completed) == 1)
    scenario.end()
  }

  @Test func `requests behind a close are read and dropped, so that they cannot destroy the answer`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(get("1", size: 3000, fields: "Connection: close\r\n") + get("2") + get("3"))
    ])
    peer.reading = .slow(bytes: 100, every: 1_000_000)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.map(\.status) == [200])
    #expect(peer.endedAt != nil && peer.resetAt == nil)
    #expect(scenario.ledger.entries.map(\.number) == ["1"])
    scenario.end()
  }

  @Test
  func `a request that cannot be parsed is answered, and the response survives a peer that still sends`() {
    var scenario = Scenario()
    let flood = repeated(100) { _ in [.pause(.milliseconds(10)), .send("more and more")] }
    let peer = SimulatedPeer(steps: [.send("GET / HTTP/1.1\r\nBroken Line\r\n\r\n")] + flood)
    peer.reading = .slow(bytes: 20, every: 20_000_000)
    peer.closesAtEnd = false
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(30))
    #expect(peer.answers.map(\.status) == [400])
    #expect(scenario.count(.protocolError) == 1)
    #expect(scenario.openCount == 0)
    scenario.end()
  }

  @Test func `a lingering close takes two seconds at most`() {
    var scenario = Scenario()
    let flood = repeated(10_000) { _ in [.pause(.milliseconds(10)), .send("more and more")] }
    let peer = SimulatedPeer(steps: [.send("nonsense\r\n\r\n")] + flood)
    peer.closesAtEnd = false
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(1990))
    #expect(scenario.openCount == 1)
    scenario.simulation.run(for: .milliseconds(20))
    #expect(scenario.openCount == 0)
    #expect(peer.answers.map(\.status) == [400])
    scenario.end()
  }

  @Test func `a small body that the answer did not wait for is dropped, and the connection stays`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 100_000, path: "early")), .pause(.milliseconds(10)),
      .send([UInt8](repeating: 66, count: 100_000)), .send(get("2")),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.map(\.text) == ["early 1", "2:0:"])
    #expect(scenario.seconds(peer.answers.first?.time) == 0)
    #expect(scenario.openCount == 1)
    scenario.end()
  }

  @Test func `a large body that the answer did not wait for ends the connection, which lingers`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 1 << 20, path: "early")), .send([UInt8](repeating: 66, count: 300_000)),
      .send(get("2")),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.map(\.text) == ["early 1"])
    #expect(peer.answers.first?.closes == true)
    #expect(scenario.count(.unreadBody) == 1)
    #expect(scenario.openCount == 0)
    scenario.end()
  }

  @Test func `an endless chunked upload behind an early answer is cut`() {
    var scenario = Scenario()
    let chunk = Array("1000\r\n".utf8) + [UInt8](repeating: 67, count: 0x1000) + Array("\r\n".utf8)
    let upload = repeated(100_000) { _ in [.send(chunk), .pause(.milliseconds(1))] }
    let peer = SimulatedPeer(
      steps: [.send("POST /early/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")] + upload)
    peer.closesAtEnd = false
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(4))
    #expect(peer.answers.map(\.text) == ["early 1"])
    #expect(scenario.openCount == 0)
    let held = scenario.heldBytes
    #expect(held == 0)
    scenario.end()
  }

  @Test func `an unread body that does not come within a second ends the connection`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 1000, path: "early"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.map(\.text) == ["early 1"])
    #expect(scenario.seconds(peer.endedAt) == 1)
    #expect(scenario.count(.unreadBody) == 1)
    scenario.end()
  }

  @Test func `an early answer to a body that waits for leave closes without asking for it`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 9, path: "early", fields: "Expect: 100-continue\r\n"))
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.interim == [])
    #expect(peer.answers.map(\.text) == ["early 1"])
    #expect(peer.answers.first?.closes == true)
    #expect(peer.endedAt != nil)
    scenario.end()
  }

  @Test func `the time-out is announced when asked for`() {
    var scenario = Scenario(announcedTimeout: 70)
    let peer = SimulatedPeer(steps: [.send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.first?["keep-alive"] == "timeout=70")
    scenario.end()
  }

  @Test func `an unknown expectation without a body is declined, and the connection stays`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", fields: "Expect: a-miracle\r\n") + get("2"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.map(\.status) == [417, 200])
    #expect(peer.answers.map(\.closes) == [false, false])
    #expect(peer.endedAt == nil)
    #expect(scenario.ledger.entries.map(\.number) == ["2"])
    scenario.end()
  }

  @Test func `an unknown expectation with a body ends the connection: the body may come or not`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 5, fields: "Expect: a-miracle\r\n")), .send(get("2")),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.map(\.status) == [417])
    #expect(peer.answers.map(\.closes) == [true])
    #expect(scenario.ledger.entries.isEmpty)
    scenario.end()
  }
}

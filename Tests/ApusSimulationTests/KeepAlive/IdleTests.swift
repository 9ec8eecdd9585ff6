// Idle connections: kept for as long as promised, then closed without a word.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct IdleTests {
  @Test func `an idle connection ends after 75 seconds with a FIN and no answer`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(200))
    #expect(peer.answers.map(\.status) == [200])
    #expect(scenario.seconds(peer.endedAt) == 75)
    #expect(peer.resetAt == nil)
    #expect(peer.trailingCount == 0)
    #expect(scenario.count(.idle) == 1)
    scenario.end()
  }

  @Test func `the configured time-out counts from the last answer`() {
    var timeouts = Timeouts()
    timeouts.keepAlive = .seconds(5)
    var scenario = Scenario(timeouts: timeouts)
    let peer = SimulatedPeer(steps: [
      .send(get("1")), .pause(.milliseconds(4999)), .send(get("2")), .pause(.milliseconds(4999)),
      .send(get("3")),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    #expect(peer.answers.map(\.text) == ["1:0:", "2:0:", "3:0:"])
    #expect(scenario.seconds(peer.endedAt) == 14.998)
    scenario.end()
  }

  @Test func `a request at the very moment of the idle time-out is answered`() {
    var timeouts = Timeouts()
    timeouts.keepAlive = .seconds(5)
    for distance in -3...3 {
      var scenario = Scenario(timeouts: timeouts)
      let peer = SimulatedPeer(steps: [
        .send(get("1")), .pause(.milliseconds(5000 + distance)), .send(get("2")),
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(60))
      #expect(peer.answers.count == (distance <= 0 ? 2 : 1), "\(distance) ms from the time-out")
      scenario.end()
    }
  }

  @Test
  func
    `a request at the time-out is answered, too, if its answer is no small copy, or the connection's last`()
  {
    var timeouts = Timeouts()
    timeouts.keepAlive = .seconds(5)
    let large = Limits().copiedBodyBytes + 1
    for (size, fields) in [(large, ""), (0, "Connection: close\r\n"), (large, "Connection: close\r\n")] {
      var scenario = Scenario(timeouts: timeouts)
      let peer = SimulatedPeer(steps: [
        .send(get("1")), .pause(.seconds(5)), .send(get("2", size: size, fields: fields)),
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(60))
      #expect(peer.answers.count == 2, "\(size) bytes, \(fields)")
      #expect(peer.answers.last?.body.count == "2:0:".utf8.count + size && peer.resetAt == nil)
      scenario.end()
    }
  }

  @Test func `a connection without a first byte ends after 10 seconds, silently`() {
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    #expect(scenario.seconds(peer.endedAt) == 10)
    #expect(peer.receivedBytes == 0)
    #expect(scenario.count(.noFirstByte) == 1)
    scenario.end()
  }

  @Test func `empty lines between requests begin no request, however they are cut`() {
    var scenario = Scenario()
    let cut = SimulatedPeer(steps: [
      .send(get("1")), .send("\r"), .pause(.seconds(30)), .send("\n" + get("2")), .send("\r\n\r"),
      .pause(.seconds(30)), .send("\n"), .pause(.seconds(30)), .send(get("3")),
    ])
    scenario.add(cut)
    scenario.simulation.run(for: .seconds(100))
    #expect(cut.answers.map(\.text) == ["1:0:", "2:0:", "3:0:"])
    scenario.end()
  }

  @Test func `a third empty line is refused, however the lines are cut`() {
    for lines in [["\r\n\r\n\r\n"], ["\r\n", "\r\n", "\r\n"], ["\r\n\r", "\n\r\n"]] {
      var scenario = Scenario()
      var steps = lines.flatMap { [.send($0), .pause(.milliseconds(5))] as [SimulatedPeer.Step] }
      steps.append(.send(get("1")))
      let peer = SimulatedPeer(steps: steps)
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(100))
      #expect(peer.answers.map(\.status) == [400])
      scenario.end()
    }
  }

  @Test(arguments: ["\r", "\r\n", "\r\n\r", "\r\n\r\n"])
  func `a connection with nothing but empty lines ends silently`(_ lines: String) {
    var scenario = Scenario()
    let fresh = SimulatedPeer(steps: [.send(lines)])
    let used = SimulatedPeer(steps: [.send(get("1")), .pause(.milliseconds(1)), .send(lines)])
    scenario.add(fresh)
    scenario.add(used)
    scenario.simulation.run(for: .seconds(100))
    #expect(scenario.seconds(fresh.endedAt) == 10)
    #expect(fresh.receivedBytes == 0 && fresh.resetAt == nil)
    #expect(scenario.seconds(used.endedAt) == 75)
    #expect(used.answers.map(\.status) == [200] && used.resetAt == nil)
    #expect(scenario.count(.idle) == 1 && scenario.count(.noFirstByte) == 1)
    #expect(scenario.count(.headTimeout) == 0)
    scenario.end()
  }

  @Test func `ten thousand idle connections cost no system call before they are due, and all end then`() {
    var scenario = Scenario {
      $0.slotCount = 10_000
      $0.bufferCount = 1024
    }
    for _ in 0..<10_000 { scenario.add(SimulatedPeer(steps: [.send(get("1"))])) }
    scenario.simulation.run(for: .seconds(1))
    #expect(scenario.openCount == 10_000)
    let held = scenario.heldBytes
    #expect(held == 0, "an idle connection holds no block")
    let before = scenario.kernel.statistics.systemCalls
    scenario.simulation.run(for: .seconds(73))
    // The end of the run itself interrupts a wait, once or twice.
    #expect(scenario.kernel.statistics.systemCalls - before <= 2)
    scenario.simulation.run(for: .seconds(3))
    #expect(scenario.openCount == 0)
    #expect(scenario.count(.idle) == 10_000)
    scenario.end()
  }

  @Test func `an idle server makes no system call at all`() {
    var scenario = Scenario()
    scenario.simulation.run(for: .seconds(1))
    let before = scenario.kernel.statistics.systemCalls
    scenario.simulation.run(for: .seconds(100_000))
    #expect(scenario.kernel.statistics.systemCalls - before <= 2)
    scenario.end()
  }
}

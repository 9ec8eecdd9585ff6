// Lines that the log's file does not take: requests go on, the loss is told once and counted.

import ApusEngine
import ApusRing
import ApusTesting
import Glibc
import Synchronization
import Testing

@Suite struct LostLineTests {
  /// What a core told of its losses; one thread uses it.
  private final class Notices: Sendable {
    let count = Atomic(0)
    let errno = Atomic<Int32>(-1)
  }

  private func log(_ notices: Notices) -> AccessLogConfiguration {
    var log = AccessLogConfiguration.simulated
    log.didLoseLines = { errno in
      notices.count.add(1, ordering: .relaxed)
      notices.errno.store(errno ?? 0, ordering: .relaxed)
    }
    return log
  }

  private func lost(_ scenario: inout Scenario) -> UInt64 {
    scenario.simulation.reactor.table.counters.lostLogLines
  }

  @Test func `a full disk is told of once, and each line that it did not take is counted`() {
    let notices = Notices()
    var scenario = Scenario(accessLog: log(notices))
    scenario.kernel.logRoom = 0
    let peer = SimulatedPeer(steps: repeated(20) { [.send(get("\($0)")), .pause(.milliseconds(200))] })
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    #expect(peer.answers.count == 20)
    #expect(notices.count.load(ordering: .relaxed) == 1)
    #expect(notices.errno.load(ordering: .relaxed) == ENOSPC)
    #expect(lost(&scenario) == 20)
    scenario.end()
    #expect(notices.count.load(ordering: .relaxed) == 1)
  }

  @Test func `a disk that fills up in the midst of a line leaves the lines behind it whole`() {
    let notices = Notices()
    var scenario = Scenario(accessLog: log(notices))
    // Somewhere in the second line.
    scenario.kernel.logRoom = 250
    let peer = SimulatedPeer(
      steps: repeated(3) { [.send(get("\($0)"))] } + [.pause(.seconds(2)), .send(get("3"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    scenario.kernel.logRoom = .max
    scenario.simulation.run(for: .seconds(3))
    #expect(lost(&scenario) == 2)
    let lines = scenario.kernel.logLines
    #expect(lines.count == 3)
    #expect(lines.first?["request"].hasPrefix("GET /n/0") == true)
    #expect(lines.last?.text.hasPrefix("{") == true && lines.last?["request"].hasPrefix("GET /n/3") == true)
    scenario.end()
  }

  @Test
  func `a disk that fills up in the midst of a line leaves later lines whole, however often it is full`() {
    for failures in 1...4 {
      let notices = Notices()
      var scenario = Scenario(accessLog: log(notices))
      // Somewhere in the second line.
      scenario.kernel.logRoom = 250
      let batches = repeated(failures + 1) { [.send(get("\($0)")), .pause(.seconds(2))] }
      scenario.add(SimulatedPeer(steps: [.send(get("first"))] + batches))
      scenario.simulation.run(for: .seconds(2 * failures) - .milliseconds(500))
      scenario.kernel.logRoom = .max
      scenario.simulation.run(for: .seconds(4))
      let lines = scenario.kernel.logLines
      #expect(lines.count == 3, "\(failures): \(lines)")
      #expect(lines.last?.text.hasPrefix("{") == true && lines.last?.status == 200, "\(failures): \(lines)")
      let whole = lines.count { $0.text.hasPrefix("{") && $0.text.hasSuffix("}") }
      #expect(UInt64(whole) + lost(&scenario) == UInt64(failures + 2), "each line is there, or counted")
      scenario.end()
    }
  }

  @Test func `a line that one core has broken off is ended by the next that writes, whichever that is`() {
    let log = log(Notices())
    var broken = Scenario(accessLog: log)
    var next = Scenario(accessLog: log)
    broken.kernel.logRoom = 100
    for _ in 0..<2 {
      broken.add(SimulatedPeer(steps: [.send(get("0"))]))
      broken.simulation.run(for: .seconds(2))
      next.add(SimulatedPeer(steps: [.send(get("1"))]))
      next.simulation.run(for: .seconds(2))
      #expect(next.kernel.logged.first == UInt8(ascii: "\n"))
    }
    #expect(next.kernel.logLines.count == 2)
    #expect(
      next.kernel.logged.count { $0 == UInt8(ascii: "\n") } == 3, "one ends the line that was broken off")
    broken.end()
    next.end()
  }

  @Test func `a pipe that would block is tried again, and nothing is lost if it takes the lines then`() {
    let notices = Notices()
    var scenario = Scenario(accessLog: log(notices))
    scenario.kernel.logErrno = EAGAIN
    scenario.kernel.logRoom = 100
    let peer = SimulatedPeer(steps: repeated(5) { [.send(get("\($0)")), .pause(.milliseconds(300))] })
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(3))
    #expect(scenario.kernel.logged.count == 100)
    scenario.kernel.logRoom = .max
    scenario.simulation.run(for: .seconds(1))
    #expect(scenario.kernel.logLines.count == 5)
    #expect(scenario.kernel.logLines.allSatisfy { $0.text.hasPrefix("{") && $0.text.hasSuffix("}") })
    #expect(lost(&scenario) == 0 && notices.count.load(ordering: .relaxed) == 0)
    scenario.end()
  }

  @Test func `lines that a blocked pipe has not taken by the end are lost and counted`() {
    let notices = Notices()
    var scenario = Scenario(accessLog: log(notices))
    scenario.kernel.logErrno = EAGAIN
    scenario.kernel.logRoom = 0
    scenario.add(SimulatedPeer(steps: repeated(5) { [.send(get("\($0)")), .pause(.milliseconds(300))] }))
    scenario.simulation.run(for: .seconds(3))
    scenario.end()
    #expect(lost(&scenario) == 5)
    #expect(notices.count.load(ordering: .relaxed) == 1)
  }
}

// What the engine must never do is found out, and named.

import ApusRing
import ApusTesting
import Testing

@Suite struct SimulatedRingMisuseTests {
  private func expectViolations(
    _ driver: borrowing DirectDriver, _ wanted: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(driver.kernel.violations, wanted, sourceLocation: sourceLocation)
  }

  /// As many findings as wanted, each with its words.
  private func expect(
    _ findings: [String], _ wanted: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(findings.count == wanted.count, "\(findings)", sourceLocation: sourceLocation)
    for (finding, words) in zip(findings, wanted) {
      #expect(finding.contains(words), sourceLocation: sourceLocation)
    }
  }

  @Test func `two sends at once are found`() {
    let peer = SimulatedPeer(steps: [])
    peer.reading = .never
    peer.windowBytes = 1
    var driver = SimulatedRingTests.connected(.init(), peer)
    driver.ring.enqueueSend(0, driver.region(bytes("ab")), DirectDriver.send(0))
    driver.ring.enqueueSend(0, driver.region(bytes("cd")), DirectDriver.send(0))
    _ = driver.turn(until: driver.ring.now())
    expectViolations(driver, ["two sends at once"])
  }

  @Test func `two receives at once are found`() {
    var driver = SimulatedRingTests.connected(.init(), SimulatedPeer(steps: []))
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    _ = driver.turn(until: driver.ring.now())
    expectViolations(driver, ["two receives at once"])
  }

  @Test func `closing over a send in flight is found, also between its completion and its reaping`() {
    let peer = SimulatedPeer(steps: [])
    var driver = SimulatedRingTests.connected(.init(), peer)
    driver.ring.enqueueSend(0, driver.region(bytes("ab")), DirectDriver.send(0))
    driver.ring.submitAndWait(until: nil)
    driver.ring.enqueueClose(0, reset: false, Token(.close, slot: 0))
    driver.ring.submitAndWait(until: driver.ring.now())
    expectViolations(driver, ["closed while 1 operations have not completed"])
  }

  @Test func `using and closing a closed slot is found`() {
    var driver = SimulatedRingTests.connected(.init(), SimulatedPeer(steps: []))
    driver.ring.enqueueClose(0, reset: true, Token(.close, slot: 0))
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    driver.ring.enqueueClose(0, reset: true, Token(.close, slot: 0))
    let batch = driver.turn()
    #expect(batch.map(\.result) == [-9])  // EBADF
    expectViolations(driver, ["receive while it is closed", "closed twice"])
  }

  @Test func `a leaked slot, a kept buffer and a doubly recycled one are found`() {
    var driver = SimulatedRingTests.connected(.init(), SimulatedPeer(steps: [.send(bytes("x"))]))
    driver.ring.enqueueReceive(0, DirectDriver.receive(0))
    let batch = driver.turn()
    expect(
      driver.kernel.audit().filter { !$0.contains("accept") },
      ["slot 0 was never closed", "1 provided buffers were not recycled"])
    _ = driver.take(batch[0])
    driver.ring.recycle(batch[0].buffer!)
    expectViolations(driver, ["recycled while it was not lent"])
  }
}

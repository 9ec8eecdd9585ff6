// What the core keeps of sleeps that nobody waits for any longer.

import ApusEngine
import ApusTesting
import ApusWire
import Testing

@Suite struct SleepingTests {
  /// Half a minute, and more nanoseconds than 64 bits hold.
  @Test(arguments: [30, 18_446_744_074])
  func `a cancelled sleep returns at once and leaves no timer behind`(seconds: Int) {
    let count = 10_000
    var scenario = Scenario(
      handler: asynchronous { _ in
        guard let core = Core.current else { return Response(status: 500) }
        for _ in 0..<count {
          let sleep = Task.immediate(executorPreference: core.executor) {
            try await Task.sleep(for: .seconds(seconds))
          }
          sleep.cancel()
          _ = await sleep.result
        }
        return Response(status: 200)
      })
    let peer = SimulatedPeer(steps: [.send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    #expect(peer.answers.map(\.status) == [200])
    #expect(scenario.simulation.reactor.core.executor.sleeperCount == 0)
    scenario.end()
  }

  @Test func `a sleep that is cancelled in the core's last turn leaves no timer behind`() {
    var scenario = Scenario(
      handler: asynchronous { _ in
        guard let core = Core.current else { return Response(status: 500) }
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          // Its connection is gone by then: the core ends when the handler does.
          await core.executor.sleep(for: .milliseconds(100))
          let sleep = Task.immediate(executorPreference: core.executor) {
            try await Task.sleep(for: .seconds(30))
          }
          sleep.cancel()
          _ = await sleep.result
        }
        return Response(status: 200)
      })
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.simulation.run(for: .seconds(5))
    #expect(scenario.simulation.reactor.core.executor.sleeperCount == 1)
    scenario.simulation.stop()
    scenario.end()
    #expect(scenario.simulation.reactor.core.executor.sleeperCount == 0)
  }
}

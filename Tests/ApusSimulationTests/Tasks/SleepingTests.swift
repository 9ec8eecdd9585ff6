// What the core keeps of sleeps that nobody waits for any longer.

import ApusEngine
import ApusTesting
import ApusWire
import Testing

@Suite struct SleepingTests {
  @Test func `a cancelled sleep returns at once and leaves no timer behind`() {
    let count = 10_000
    var scenario = Scenario(
      handler: asynchronous { _ in
        guard let executor = CoreExecutor.current else { return Response(status: 500) }
        for _ in 0..<count {
          let sleep = Task.immediate(executorPreference: executor) { try await Task.sleep(for: .seconds(30)) }
          sleep.cancel()
          _ = await sleep.result
        }
        return Response(status: 200)
      })
    let peer = SimulatedPeer(steps: [.send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    #expect(peer.answers.map(\.status) == [200])
    #expect(scenario.simulation.reactor.executor.sleeperCount == 0)
    scenario.end()
  }
}

// Cancels of a client's operations that find nothing, as the kernel is in the middle of
// what they are to cancel.

import Apus
import ApusTesting
import Testing

@Suite struct MissedClientCancelTests {
  @Test func `a request that is given up while it connects, sends or waits leaves no connection open`() {
    for seed in Seed.list(standard: 60) {
      let simulation = ClientSimulation(
        [Servers.silent()], seed: seed, faults: .only(.missedCancel, 0.8),
        world: {
          $0.connectNanoseconds = 0...5_000_000
          $0.sendWindowBytes = 10
        })
      let task = simulation.ask()
      simulation.pass(.microseconds(500 * (seed % 20)))
      task.cancel()
      simulation.pass(.milliseconds(100))
      #expect(simulation.outcomes[0] == .cancelled, "seed \(seed)")
      #expect(simulation.kernel.openCount == 0, "seed \(seed)")
      #expect(simulation.finish() == [], "seed \(seed)")
    }
  }
}

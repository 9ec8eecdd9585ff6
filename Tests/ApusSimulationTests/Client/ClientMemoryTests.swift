import Apus
import ApusTestSupport
import ApusTesting
import Synchronization
import Testing

/// What a response holds while it is read.
@Suite struct ClientMemoryTests {
  @Test func `a reader that is always behind its server does not keep what it has read`() {
    let count = 2_000_000
    let simulation = ClientSimulation([Servers.once(Servers.ok(String(repeating: "x", count: count)))])
    let witness = BufferWitness()
    let most = Atomic<Int>(0)
    let read = Atomic<Int>(0)
    simulation.start { client, outcomes in
      do {
        try await client.perform(.get, "http://\(ClientSimulation.host)/") { _, body in
          while let chunk = try await body.read() {
            witness.note(chunk.buffer)
            read.add(chunk.count, ordering: .relaxed)
            most.max(witness.alive, ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(1))
          }
        }
        outcomes.note(0, .answered(200, ""))
      } catch {
        outcomes.note(0, .cancelled)
      }
    }
    #expect(simulation.run())
    #expect(simulation.outcomes[0] == .answered(200, ""))
    #expect(read.load(ordering: .relaxed) == count)
    #expect((1..<100).contains(most.load(ordering: .relaxed)))
    #expect(simulation.finish() == [])
    #expect(witness.alive <= 1, "one is for the next response")
  }
}

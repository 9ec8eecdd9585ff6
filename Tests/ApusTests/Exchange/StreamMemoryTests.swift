import Apus
import ApusTestSupport
import ApusTesting
import Synchronization
import Testing

@Suite struct StreamMemoryTests {
  @Test func `a writer that is always ahead of its client does not keep what was sent`() async throws {
    let witness = BufferWitness()
    let most = Atomic<Int>(0)
    var router = Router()
    router.on(.get, "/") { _, _, sender in
      var writer = try sender.start()
      for _ in 0..<200 {
        let chunk = BodyChunk(copying: [UInt8](repeating: 7, count: 40_000).span)
        witness.note(chunk.buffer)
        try await writer.write(chunk)
        most.max(witness.alive, ordering: .relaxed)
      }
      try writer.finish()
    }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      #expect(answer.body.count == 200 * 40_000)
    }
    #expect((1..<16).contains(most.load(ordering: .relaxed)))
    #expect(witness.alive == 0)
  }
}

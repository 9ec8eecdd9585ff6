import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Synchronization
import Testing

/// Which chunks' memory is still there.
final class ChunkWitness: Sendable {
  private struct Seen {
    weak var buffer: BodyBuffer?
  }

  private let seen = Lock<[Seen]>([])

  func note(_ chunk: BodyChunk) { seen.withLock { $0.append(Seen(buffer: chunk.buffer)) } }
  var alive: Int { seen.withLock { all in all.count { $0.buffer != nil } } }
}

@Suite struct StreamMemoryTests {
  @Test func `a writer that is always ahead of its client does not keep what was sent`() async throws {
    let witness = ChunkWitness()
    let most = Atomic<Int>(0)
    var router = Router()
    router.on(.get, "/") { _, _, sender in
      var writer = try sender.start()
      for _ in 0..<200 {
        let chunk = BodyChunk(copying: [UInt8](repeating: 7, count: 40_000).span)
        witness.note(chunk)
        try await writer.write(chunk)
        most.max(witness.alive, ordering: .relaxed)
      }
      try writer.finish()
    }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      #expect(answer.body.count == 200 * 40_000)
    }
    #expect(most.load(ordering: .relaxed) < 16)
    #expect(witness.alive == 0)
  }
}

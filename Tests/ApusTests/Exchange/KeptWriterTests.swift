import Apus
import ApusRing
import ApusTesting
import Testing

/// A writer that a handler has kept beyond its end is nobody's: what it does must not reach the next request,
/// which may have the same place in the core.
@Suite struct KeptWriterTests {
  private final class Shelf: Sendable {
    private let writer = Lock<ResponseWriter?>(nil)
    func put(_ kept: consuming ResponseWriter) {
      var kept = Optional(kept)
      writer.withLock { $0 = kept.take() }
    }
    func take() -> ResponseWriter? {
      let kept = writer.withLock { $0.take() }
      if kept == nil { Issue.record("nothing was kept") }
      return kept
    }
  }

  private func routes(_ shelf: Shelf, _ use: @escaping @Sendable (Shelf) async throws -> Void) -> Router {
    var router = Router()
    router.on(.get, "/keep") { _, _, sender in shelf.put(try sender.start()) }
    router.on(.get, "/next") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("own")
      try await use(shelf)
      try await writer.write(" words")
      try writer.finish()
    }
    return router
  }

  private func check(_ use: @escaping @Sendable (Shelf) async throws -> Void) async throws {
    try await TestServer(routes(Shelf(), use)) { client in
      let kept = try await client.get("/keep")
      #expect(kept.status == .internalServerError)
      let answer = try await client.get("/next")
      #expect(answer.text == "own words")
    }
  }

  @Test func `what a kept writer writes is refused`() async throws {
    try await check { shelf in
      guard var kept = shelf.take() else { return }
      do {
        try await kept.write("stray")
        Issue.record("a kept writer writes")
      } catch {
        #expect(error as? AnswerError == .connectionLost)
      }
    }
  }

  @Test func `the end of a kept writer ends no other response`() async throws {
    try await check { shelf in _ = shelf.take() }
  }

  @Test func `the end of a kept writer on another thread ends no other response`() async throws {
    try await check { shelf in try await offload { _ = shelf.take() } }
  }
}

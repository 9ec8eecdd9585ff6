import Apus
import ApusTesting
import Testing

/// A status of 1xx announces an answer and is none: a client that gets one waits for the rest.
@Suite struct InterimStatusTests {
  @Test func `a status of 1xx is answered with 500 in every tier, and the connection stays`() async throws {
    var router = Router()
    router.get("/now") { _ in .empty(.continue) }
    router.get("/later") { _ in
      await Task.yield()
      return .text("nothing to switch to", status: .switchingProtocols)
    }
    router.on(.get, "/whole") { _, _, sender in sender.send(.empty(103)) }
    router.on(.get, "/begun") { _, _, sender in
      let writer = try sender.start(.empty(.continue))
      try writer.finish()
    }
    var hooked = Router()
    hooked.after { _, response in response.status = .continue }
    hooked.get("/") { _ in .text("fine") }
    try await TestServer(router) { client in
      for target in ["/now", "/later", "/whole", "/begun"] {
        let answer = try await client.get(target)
        #expect(answer.status == .internalServerError, "\(target)")
        #expect(!answer.closesConnection)
      }
    }
    try await TestServer(hooked) { client in
      let answer = try await client.get("/")
      #expect(answer.status == .internalServerError)
    }
  }

  @Test func `a head of 1xx that is begun is an error of its own`() async throws {
    var router = Router()
    router.on(.get, "/") { _, _, sender in
      do {
        let writer = try sender.start(.empty(.continue))
        try writer.finish()
      } catch {
        throw HTTPError(error as? AnswerError == .interimStatus ? .conflict : .badGateway)
      }
    }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      #expect(answer.status == .conflict)
    }
  }
}

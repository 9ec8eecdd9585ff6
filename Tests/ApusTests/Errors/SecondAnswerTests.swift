import Apus
import ApusRing
import ApusTesting
import Logging
import Testing

/// What a program does with a sender that the compiler cannot refuse: no request may end the process by it.
@Suite struct SecondAnswerTests {
  private struct Twice: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      _ = try await next(input)
      return try await next(input)
    }
  }

  private struct Retrying: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      do { return try await next(input) } catch { return try await next(input) }
    }
  }

  private struct Busy: Error {}

  private struct Passing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response { try await next(input) }
  }

  private func router() -> Router {
    var router = Router()
    router.group("/twice") { group in
      group.intercept(Twice())
      group.on(.get, "/whole") { _, _, sender in sender.send(.text("first")) }
      group.on(.get, "/left") { _, _, sender in
        sender.send(.text("first"))
        try await Task.sleep(for: .seconds(1))
      }
      group.on(.get, "/flow") { _, _, sender in
        var writer = try sender.start()
        try await writer.write("first")
        try writer.finish()
      }
    }
    router.group("/retried") { group in
      group.intercept(Retrying())
      group.on(.get, "/begun") { _, _, sender in
        var writer = try sender.start()
        try await writer.write("half")
        try await writer.flush()
        throw Busy()
      }
      group.on(.get, "/none") { _, _, _ in }
    }
    router.group("/behind") { group in
      group.intercept(Passing())
      group.on(.get, "/none") { _, _, _ in }
    }
    router.on(.get, "/main/sent") { @MainActor _, _, sender in sender.send(.text("sent")) }
    router.on(.get, "/main/flow") { @MainActor _, _, sender in
      let writer = try sender.start()
      try writer.finish()
    }
    router.on(.post, "/main/read") { @MainActor _, body, sender in
      _ = try await body.collect(upTo: 10)
      sender.send(.text("read"))
    }
    router.get("/after") { _ in .text("still here") }
    return router
  }

  @Test(arguments: ["/twice/whole", "/twice/left", "/twice/flow"])
  func `a middleware that asks a streaming handler twice gets one answer out, and the second is told`(
    target: String
  ) throws {
    var stage = try ErrorStage(router())
    let peer = stage.get(target)
    #expect(peer.answers.map(\.text) == ["first"])
    #expect(stage.heard.all.map(\.error) == ["answered"])
    #expect(stage.heard.all.allSatisfy { $0.status == 200 && $0.hadBegun })
    #expect(stage.get("/after").answers.map(\.text) == ["still here"])
    stage.end()
  }

  @Test func `an answer that was begun is not begun again by a retry, but reset`() throws {
    var stage = try ErrorStage(router())
    let peer = stage.get("/retried/begun")
    #expect(peer.answers.isEmpty)
    #expect(stage.heard.all.map(\.error) == ["answered"])
    stage.end()
  }

  @Test(arguments: ["/behind/none", "/retried/none"])
  func `a streaming handler that answers nothing is told behind a middleware, too`(target: String) throws {
    var stage = try ErrorStage(router())
    let peer = stage.get(target)
    #expect(peer.answers.map(\.status) == [500])
    #expect(stage.heard.all.map(\.error) == ["unfinished"])
    let lines = stage.events.all
    #expect(
      lines.map(\.metadata["because"]) == ["the handler has ended without an answer, or in the middle of one"]
    )
    stage.end()
  }

  @Test(arguments: [
    ("GET", "/main/sent", "unfinished"), ("GET", "/main/flow", "elsewhere"),
    ("POST", "/main/read", "elsewhere"),
  ])
  func `a streaming handler of the main actor's is 500 and reported`(
    method: String, target: String, error: String
  ) async throws {
    let heard = ErrorStage.Heard()
    var configuration = Server.Configuration()
    configuration.onError = { (request: borrowing Request, failure) in
      let entry = ErrorStage.Heard.Failure(
        error: "\(failure.error)", status: failure.status.code, route: failure.route,
        hadBegun: failure.answerHadBegun, id: request.id)
      heard.failures.withLock { $0.append(entry) }
    }
    try await TestServer(router(), configuration: configuration) { client in
      let answer = try await client.send(
        method == "GET" ? .get : .post, target, body: method == "GET" ? [] : [1])
      #expect(answer.status == .internalServerError)
      let after = try await client.get("/after")
      #expect(after.text == "still here")
    }
    #expect(heard.all.map(\.error) == [error])
  }
}

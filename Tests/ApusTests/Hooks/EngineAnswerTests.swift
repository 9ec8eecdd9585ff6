import Apus
import ApusTesting
import Testing

/// Answers that no handler gave pass the hooks wherever there is a request to pass with them.
@Suite struct EngineAnswerTests {
  private func hooked() -> Router {
    var router = Router()
    router.add(.securityFields())
    router.collectBytes = 10
    router.post("/small") { request in .text("\(request.body.count)") }
    router.get("/slow") { _ in
      try await Task.sleep(for: .seconds(60))
      return .empty()
    }
    router.on(.get, "/flowing") { _, _, sender in
      try await Task.sleep(for: .seconds(60))
      sender.send(.empty())
    }
    return router
  }

  @Test func `a time-out's 503 passes the hooks, once, and has no content behind HEAD`() async throws {
    var configuration = Server.Configuration()
    configuration.timeouts.answer = .seconds(5)
    try await TestServer(hooked(), configuration: configuration) { client in
      for target in ["/slow", "/flowing"] {
        let late = try await client.get(target)
        #expect(late.status == .serviceUnavailable)
        #expect(late["X-Content-Type-Options"] == "nosniff")
        #expect(late.closesConnection)
      }
      let head = try await client.send(.head, "/slow")
      #expect(head.status == .serviceUnavailable)
      #expect(head.body == [])
    }
  }

  @Test func `an early 413 passes the hooks, whether its body is on its way or waits for leave`() async throws
  {
    try await TestServer(hooked()) { client in
      for (count, fields) in [(11, "Expect: 100-continue\r\n"), (11, ""), (10_000_000, "")] {
        let head = "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\(fields)\r\n"
        let early = try await client.send(bytes: Array(head.utf8), method: .post)
        #expect(early.status == .contentTooLarge)
        #expect(early["X-Content-Type-Options"] == "nosniff")
        #expect(early.closesConnection)
      }
    }
  }
}

import Apus
import ApusTesting
import Testing

/// What a streaming handler throws is its answer for as long as nothing else has left.
@Suite struct StreamErrorTests {
  @Test func `an error before the first event is answered with its own status`() async throws {
    var router = Router()
    router.events("/ticks") { request, events in
      let count = try request.query("count", as: Int.self) ?? 1
      for number in 0..<count { try await events.send("\(number)") }
    }
    try await TestServer(router) { client in
      let wrong = try await client.get("/ticks?count=many")
      #expect(wrong.status == .badRequest)
      #expect(wrong["Content-Type"] == "text/plain; charset=utf-8")
      let right = try await client.get("/ticks?count=2")
      #expect(right.text == "data: 0\n\ndata: 1\n\n")
    }
  }

  @Test func `an error behind a head that has not left is answered with its own status`() async throws {
    var router = Router()
    router.on(.get, "/") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("half")
      throw HTTPError(.conflict)
    }
    router.on(.get, "/flushed") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("half")
      try await writer.flush()
      throw HTTPError(.conflict)
    }
    try await TestServer(router) { client in
      let answer = try await client.get("/")
      #expect(answer.status == .conflict)
      await #expect(throws: TestServerError.self) { try await client.get("/flushed") }
    }
  }
}

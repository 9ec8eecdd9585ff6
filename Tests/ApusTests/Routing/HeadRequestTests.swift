import Apus
import ApusTesting
import Synchronization
import Testing

/// HEAD, which a GET handler answers, of whatever tier it is.
@Suite struct HeadRequestTests {
  @Test func `a HEAD with a body that comes later is answered by a GET handler of any tier`() async throws {
    var router = Router()
    router.get("/now") { _ in .text("now") }
    router.get("/later") { _ in
      try await Task.sleep(for: .milliseconds(5))
      return .text("later")
    }
    router.on(.get, "/flow") { _, body, sender in
      try await body.discard()
      sender.send(.text("flow"))
    }
    try await TestServer(router) { client in
      client.splitting = .everyByte
      for target in ["/now", "/later", "/flow"] {
        for body in [
          "Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ] {
          let request = "HEAD \(target) HTTP/1.1\r\nHost: a\r\n\(body)"
          let answer = try await client.send(bytes: Array(request.utf8), method: .head)
          #expect(answer.status == .ok)
          #expect(answer.body.isEmpty)
          #expect(!answer.closesConnection)
        }
      }
    }
  }

  @Test func `a HEAD to events has their head, and holds nobody up`() async throws {
    let ticks = Atomic<Int>(0)
    var router = Router()
    router.get("/") { _ in .text("OK") }
    router.events("/ticks") { _, events in
      for _ in 0..<10 {
        ticks.add(1, ordering: .relaxed)
        try await events.send("tick")
        try await Task.sleep(for: .seconds(1))
      }
    }
    try await TestServer(router) { client in
      let answer = try await client.send(.head, "/ticks")
      #expect(answer.status == .ok)
      #expect(answer["Content-Type"] == "text/event-stream")
      #expect(try await client.get("/").text == "OK")
    }
    #expect(ticks.load(ordering: .relaxed) == 0)
  }
}

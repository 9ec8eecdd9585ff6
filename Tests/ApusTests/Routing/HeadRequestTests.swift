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

  private func everyKindOfAnswer() -> Router {
    var router = Router()
    router.get("/text") { _ in .text("text") }
    router.get("/empty") { _ in .empty(.ok) }
    router.get("/none") { _ in .empty() }
    router.get("/long") { _ in .bytes([UInt8](repeating: 1, count: 100_000)) }
    router.get("/json") { _ in try .json { $0.member("a", 1) } }
    router.get("/elsewhere") { _ in .redirect(to: "/text") ?? .empty() }
    router.post("/posted") { _ in .text("posted") }
    router.get("/later") { _ in
      await Task.yield()
      return .text("later")
    }
    router.get("/failing") { _ in
      await Task.yield()
      throw HTTPError(.conflict, "no")
    }
    router.on(.get, "/flow") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("flow")
      try writer.finish()
    }
    router.on(.get, "/known") { _, _, sender in
      var writer = try sender.start(length: 5)
      try await writer.write("known")
      try writer.finish()
    }
    router.on(.get, "/careful") { request, _, sender in
      if request.method == .head { return sender.send(.empty(.ok)) }
      var writer = try sender.start()
      try await writer.write("careful")
      try writer.finish()
    }
    router.events("/events") { _, events in try await events.send("event") }
    return router
  }

  @Test func `HEAD has no content, and no length that GET has not, of whatever kind the answer is`()
    async throws
  {
    try await TestServer(everyKindOfAnswer()) { client in
      for target in [
        "/text", "/empty", "/none", "/long", "/json", "/elsewhere", "/posted", "/later", "/failing", "/flow",
        "/known", "/careful", "/events", "/nowhere", "/%00",
      ] {
        let whole = try await client.get(target)
        let head = try await client.send(.head, target)
        #expect(head.status == whole.status, "\(target)")
        #expect(head.body == [], "\(target)")
        let (length, known) = (head["Content-Length"], whole["Content-Length"])
        #expect(length == nil || length == known, "\(target): \(length ?? "") for \(known ?? "no length")")
        #expect(try await client.get("/text").text == "text", "\(target)")
      }
    }
  }

  @Test func `a HEAD that is refused has no content, whatever is wrong with it and however it comes`() throws
  {
    var router = Router()
    router.collectBytes = 10
    router.get("/") { _ in .text("OK") }
    let end = " HTTP/1.1\r\nHost: a\r\n"
    let cases: [(request: String, status: Int)] = [
      ("/ nothing\r\n", 400), ("/ HTTP/2.0\r\n", 505), ("/\u{1} HTTP/1.1\r\n", 400), ("\r\n", 400),
      ("/\(String(repeating: "x", count: 9000))\(end)\r\n", 414), ("/%00\(end)\r\n", 400),
      ("/\(end)no colon\r\n\r\n", 400), ("/\(end)Host: b\r\n\r\n", 400), ("/ HTTP/1.1\r\n\r\n", 400),
      ("/\(end)Big: \(String(repeating: "x", count: 40_000))\r\n\r\n", 431),
      ("/\(end)Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
      ("/\(end)Expect: nothing\r\n\r\n", 417), ("/\(end)Expect: nothing\r\nContent-Length: 3\r\n\r\n", 417),
      ("/\(end)Content-Length: 11\r\n\r\n", 413), ("/\(end)Content-Length: x\r\n\r\n", 400),
      ("/\(end)Transfer-Encoding: chunked\r\n\r\nx\r\n", 400),
      ("/\(end)Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", 413),
      ("/%00\(end)Content-Length: 3\r\n\r\n", 400),
    ]
    for (request, status) in cases {
      for leading in ["", "\r\n"] {
        let input = "\(leading)HEAD \(request)"
        let whole = try answers(router, input, methods: ["HEAD"])
        #expect(whole.map(\.status) == [status], "\(request.prefix(60))")
        var bench = try Bench(router)
        let pieces = input.utf8.flatMap {
          bench.answers(String(decoding: [$0], as: UTF8.self), methods: ["HEAD"])
        }
        #expect(pieces.map(\.status) == [status], "byte by byte: \(request.prefix(60))")
        #expect((whole + pieces).allSatisfy { $0.body == [] })
      }
    }
  }

  @Test func `a refused request that is no HEAD gets content`() throws {
    for method in ["GET", "HEADER", "HEA", "head"] {
      let refused = try answers(Router(), "\(method) / HTTP/2.0\r\n\r\n")
      #expect(refused.map(\.status) == [505])
      #expect(refused.first?.text.hasPrefix("505 ") == true)
    }
  }
}

import Apus
import ApusEngine
import ApusTestSupport
import Testing

/// Answers that do not wait for the end of their request's body.
@Suite struct UnreadBodyTests {
  private static func post(_ path: String, _ count: Int) -> String {
    "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Length: \(count)\r\n\r\n"
  }

  @Test func `a body that is half read is dropped if it is small, and ends the connection if it is not`()
    throws
  {
    var router = testRoutes()
    router.on(.post, "/half") { _, body, sender in
      _ = try await body.read()
      sender.send(.text("enough"))
    }
    let (_, summary) = try withServer(router, { $0.timeouts.unreadBody = .seconds(60) }) { server in
      let client = try WireClient(port: server.port)
      for size in [100, 100_000] {
        try client.send(Self.post("/half", size))
        try client.send(pattern(size))
        #expect(try client.answer().text == "enough")
      }
      #expect(try client.get("/n/3").text == "3")
      try client.send(Self.post("/half", 50_000_000))
      try client.send(pattern(1000))
      let answer = try client.answer()
      #expect(answer.text == "enough")
      #expect(answer.saysClose)
      _ = try client.awaitEnd()
    }
    #expect(summary.closes(.unreadBody) == 1)
  }

  @Test(arguments: [false, true])
  func
    `an answer that is given to its end says that the connection ends, one that is not ends it all the same`(
      flushes: Bool
    ) throws
  {
    var router = testRoutes()
    router.on(.post, "/pieces") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("not all")
      // From here on the head has left, and the handler might still read.
      if flushes { try await writer.flush() }
      try await writer.write(" of it")
      try writer.finish()
    }
    let (_, summary) = try withServer(router, { $0.timeouts.unreadBody = .seconds(60) }) { server in
      let client = try WireClient(port: server.port)
      for count in [1000, 200_000] {
        try client.send(Self.post("/pieces", count))
        let answer = try client.chunkedAnswer()
        #expect(!answer.head.contains("Connection: close\r\n"))
        try client.send(pattern(count))
      }
      try client.send(Self.post("/pieces", 50_000_000))
      try client.send(pattern(1000))
      let answer = try client.chunkedAnswer()
      #expect(answer.head.contains("Connection: close\r\n") == !flushes)
      #expect(answer.body == Array("not all of it".utf8))
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(summary.requests == 3 && summary.closes(.unreadBody) == 1)
  }
}

import Apus
import ApusRing
import ApusTesting
import Logging
import Testing

@Suite struct SecurityFieldTests {
  @Test func `careful fields on every answer, but what a handler says stays`() throws {
    var router = Router()
    router.add(
      .securityFields(
        contentPolicy: "default-src 'self'", strictTransport: .seconds(60),
        more: [ResponseField("Permissions-Policy", "camera=()")]))
    router.get("/x") { _ in .text("x") }
    router.get("/framed") { _ in Response.text("x").adding(ResponseField("x-frame-options", "SAMEORIGIN")) }
    for (target, framing) in [("/x", "DENY"), ("/none", "DENY"), ("/framed", "SAMEORIGIN")] {
      let answer = try ask(router, target)
      #expect(answer["X-Content-Type-Options"] == "nosniff")
      #expect(answer["X-Frame-Options"] == framing)
      #expect(answer["Referrer-Policy"] == "strict-origin-when-cross-origin")
      #expect(answer["Content-Security-Policy"] == "default-src 'self'")
      #expect(answer["Strict-Transport-Security"] == "max-age=60; includeSubDomains")
      #expect(answer["Permissions-Policy"] == "camera=()")
    }
  }
}

@Suite struct RequestIDTests {
  private func router(trustsClient: Bool) -> Router {
    var router = Router()
    router.add(.requestID(trustsClient: trustsClient))
    router.get("/x") { request in .text(request.id) }
    return router
  }

  @Test func `every request has an id of its own, the same in the handler and the answer`() throws {
    var seen: Set<String> = []
    for _ in 0..<3 {
      let requests = String(repeating: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", count: 20)
      for answer in try answers(router(trustsClient: false), requests) {
        #expect(answer["X-Request-Id"] == answer.text)
        #expect(answer.text.utf8.count == 16)
        seen.insert(answer.text)
      }
    }
    #expect(seen.count == 60)
  }

  @Test(arguments: [
    ("abc-1._Z", true), ("", false), ("a b", false), ("a\"b", false),
    (String(repeating: "a", count: 65), false),
  ])
  func `a client's id is taken only when it is trusted and plain`(id: String, isTaken: Bool) throws {
    let fields = "X-Request-Id: \(id)\r\n"
    #expect((try ask(router(trustsClient: true), "/x", fields: fields)["X-Request-Id"] == id) == isTaken)
    #expect(try ask(router(trustsClient: false), "/x", fields: fields)["X-Request-Id"] != id)
  }
}

@Suite struct RequestLogTests {
  private struct Recorder: LogHandler {
    final class Lines: Sendable {
      let all = Lock<[(level: Logger.Level, metadata: Logger.Metadata)]>([])
    }
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let (level, metadata) = (event.level, event.metadata)
      lines.all.withLock { $0.append((level, metadata ?? [:])) }
    }
  }

  @Test func `a line for each answer, with what it was about`() throws {
    let lines = Recorder.Lines()
    let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
    var router = Router()
    router.add(.log(logger))
    router.get("/a b") { _ in .text("x") }
    _ = try ask(router, "/a%20b?secret=1")
    _ = try ask(router, "POST", "/none")
    let all = lines.all.withLock { $0 }
    #expect(all.count == 2)
    #expect(all[0].metadata["method"] == "GET")
    #expect(all[0].metadata["path"] == "/a b")
    #expect(all[0].metadata["status"] == "200")
    #expect(all[1].metadata["status"] == "404")
    #expect(Int("\(all[0].metadata["microseconds"] ?? "")") != nil)
  }

  @Test func `a logger that would not say it is not asked`() throws {
    let lines = Recorder.Lines()
    let logger = Logger(label: "test") { _ in Recorder(lines: lines) }
    var router = Router()
    router.add(.log(logger, level: .debug))
    router.get("/") { _ in .text("x") }
    _ = try ask(router, "/")
    #expect(lines.all.withLock { $0.isEmpty })
  }
}

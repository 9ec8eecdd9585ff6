import Apus
import ApusRing
import ApusTesting
import Testing

/// What frames an answer is the server's to say, whatever a handler's fields say.
@Suite struct OwnFieldTests {
  @Test func `fields of a handler's that would frame its answer anew are not sent`() async throws {
    let fields = [
      ResponseField("Content-Length", "3"), ResponseField("transfer-encoding", "chunked"),
      ResponseField("Date", "yesterday"), ResponseField("X-Kept", "yes"),
    ]
    var router = Router()
    router.get("/whole") { _ in
      var answer = Response.text("hello")
      answer.fields = fields
      return answer
    }
    router.get("/hooked") { _ in .text("hello") }
    router.after { request, response in response.fields += fields }
    router.on(.get, "/flow") { _, _, sender in
      var head = Response.empty(.ok)
      head.fields = fields
      var writer = try sender.start(head)
      try await writer.write("hello")
      try writer.finish()
    }
    try await TestServer(router) { client in
      for target in ["/whole", "/hooked", "/flow"] {
        let answer = try await client.get(target)
        #expect(answer.text == "hello")
        #expect(answer["Content-Length"] == (target == "/flow" ? nil : "5"))
        #expect(answer["Transfer-Encoding"] == (target == "/flow" ? "chunked" : nil))
        #expect(answer["Date"]?.contains("yesterday") == false)
        #expect(answer["X-Kept"]?.contains("yes") == true)
      }
    }
  }

  /// Every way to say a type by a field, beside one that was said otherwise.
  private func typed() -> Router {
    let html = ResponseField("content-type", "text/html")
    var router = Router()
    router.get("/added") { _ in .text("x").adding(html) }
    router.get("/later") { _ in
      await Task.yield()
      return .text("x", type: MediaType("text/x-own")).adding(html)
    }
    router.on(.get, "/flow") { _, _, sender in
      let writer = try sender.start(.text("").adding(html))
      try writer.finish()
    }
    router.get("/twice") { _ in
      .text("x").adding(ResponseField("Content-Type", "text/css")).adding(html)
    }
    router.get("/back") { _ in
      var answer = Response.text("x").adding(ResponseField("Content-Type", "text/css"))
      answer.mediaType = MediaType("text/html")
      return answer
    }
    router.group("/hooked") { group in
      group.after { _, response in response.fields.append(html) }
      group.get("/x") { _ in try .json(["a": 1]) }
    }
    return router
  }

  @Test(arguments: ["/added", "/later", "/flow", "/twice", "/back", "/hooked/x"])
  func `an answer has one type, the one that was said last`(target: String) async throws {
    try await TestServer(typed()) { client in
      let answer = try await client.get(target)
      #expect(answer.fields.filter { $0.name.lowercased() == "content-type" }.map(\.value) == ["text/html"])
    }
  }

  @Test func `a type that a field says is the answer's`() {
    let answer = Response.text("x").adding(ResponseField("Content-Type", "text/html"))
    #expect(answer.mediaType == MediaType("text/html"))
    var other = answer
    other.fields = []
    #expect(other.mediaType == nil)
  }

  @Test(
    arguments: [
      ("close", nil, true), ("Close, X-Hop", "X-Hop", true), ("keep-alive", nil, false),
      ("X-Hop", "X-Hop", false),
    ] as [(String, String?, Bool)])
  func `a handler may end the connection behind its answer, and says no more of it than holds`(
    value: String, kept: String?, closes: Bool
  ) async throws {
    let field = ResponseField("connection", value)
    let asked = Lock(0)
    var router = Router()
    router.before { _ in
      asked.withLock { $0 += 1 }
      return nil
    }
    router.after { _, response in response.fields.append(ResponseField("X-Hooked", "yes")) }
    router.get("/whole") { _ in .text("x").adding(field) }
    router.get("/later") { _ in
      await Task.yield()
      return .text("x").adding(field)
    }
    router.on(.get, "/flow") { _, _, sender in
      var writer = try sender.start(.text("").adding(field))
      try await writer.write("x")
      try writer.finish()
    }
    for target in ["/whole", "/later", "/flow"] {
      asked.withLock { $0 = 0 }
      try await TestServer(router) { client in
        let request = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try await client.send(bytes: Array((request + request).utf8))
        let said = answer.fields.filter { $0.name.lowercased() == "connection" }.map { $0.value.lowercased() }
        #expect(said == (closes ? ["close"] : []) + (kept.map { [$0.lowercased()] } ?? []))
        #expect(answer["X-Hooked"] == "yes" && answer.text == "x")
      }
      #expect(asked.withLock { $0 } == (closes ? 1 : 2), "a connection that was to end is asked again")
    }
  }

  @Test(arguments: [Method.get, .head])
  func `205 has no content, and says so`(method: Method) async throws {
    var router = Router()
    router.get("/whole") { _ in .text("content", status: .resetContent) }
    router.get("/large") { _ in .bytes(Array(repeating: 120, count: 100_000), status: .resetContent) }
    router.get("/thrown") { _ in throw HTTPError(.resetContent, "content") }
    router.on(.get, "/flow") { _, _, sender in
      var writer = try sender.start(.empty(.resetContent))
      try await writer.write("content")
      try writer.finish()
    }
    router.on(.get, "/length") { _, _, sender in
      var writer = try sender.start(.empty(.resetContent), length: 7)
      try await writer.write("content")
      try writer.finish()
    }
    try await TestServer(router) { client in
      for target in ["/whole", "/large", "/thrown", "/flow", "/length"] {
        let answer = try await client.send(method, target)
        #expect(answer.status == .resetContent && answer.body.isEmpty)
        #expect(answer["Transfer-Encoding"] == nil)
        if method == .get { #expect(answer["Content-Length"] == "0") }
      }
    }
  }
}

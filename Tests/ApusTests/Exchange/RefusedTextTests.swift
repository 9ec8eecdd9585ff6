import Apus
import ApusTesting
import Testing

/// Text of a client's that no field line can carry. It ends no process and splits no answer,
/// wherever a handler puts it.
@Suite struct RefusedTextTests {
  private static let broken = "a%0D%0ASet-Cookie:%20stolen=1"

  private func router() -> Router {
    var router = Router()
    router.get("/field") { request in .empty(.ok).adding(ResponseField("X-Name", request.query("text") ?? ""))
    }
    router.get("/name") { request in .empty(.ok).adding(ResponseField(request.query("text") ?? "", "x")) }
    router.get("/type") { request in .text("x", type: MediaType(request.query("text") ?? "")) }
    router.get("/bytes") { request in .bytes([1], type: MediaType(request.query("text") ?? "")) }
    router.get("/later") { request in
      let field = ResponseField("X-Name", request.query("text") ?? "")
      try await Task.sleep(for: .seconds(1))
      return .text("x").adding(field)
    }
    router.on(.get, "/sent") { request, _, sender in
      sender.send(.text("x").adding(ResponseField("X-Name", request.query("text") ?? "")))
    }
    router.on(.get, "/started") { request, _, sender in
      let field = ResponseField("X-Name", request.query("text") ?? "")
      let writer = try sender.start(.empty(.ok).adding(field), length: 0)
      try writer.finish()
    }
    router.group("/hooked") { group in
      group.after { request, response in
        response.fields.append(ResponseField("X-Name", request.query("text") ?? ""))
      }
      group.get("/whole") { _ in .text("x") }
      group.on(.get, "/flowing") { _, _, sender in
        var writer = try sender.start()
        try await writer.write("x")
        try writer.finish()
      }
    }
    return router
  }

  @Test(arguments: [
    "/field", "/name", "/type", "/bytes", "/later", "/sent", "/started", "/hooked/whole", "/hooked/flowing",
  ])
  func `an answer with it is 500, says nothing of it, and the connection stays`(target: String) async throws {
    try await TestServer(router()) { client in
      let refused = try await client.get("\(target)?text=\(Self.broken)")
      #expect(refused.status == .internalServerError)
      #expect(refused["Set-Cookie"] == nil && refused["X-Name"] == nil)
      #expect(!refused.text.contains("stolen"))
      #expect(!refused.closesConnection)
      let good = try await client.get("\(target)?text=\(target == "/name" ? "X-Name" : "text/plain")")
      #expect(good.status == .ok)
    }
  }

  @Test(arguments: [0, 99, 100, 199, 600, 999, 65_535])
  func `a number of a client's that is no status is 500`(code: Int) throws {
    var router = Router()
    router.get("/{code}") { request in .empty(Status(try request.parameter("code", as: UInt16.self))) }
    #expect(try ask(router, "/\(code)").status == 500)
    #expect(try ask(router, "/299").status == 299)
  }

  @Test func `in a trailer it ends the answer, which nobody takes for the whole`() async throws {
    var router = Router()
    router.on(.get, "/") { request, _, sender in
      var writer = try sender.start()
      try await writer.write("content")
      try await writer.flush()
      try writer.finish(trailers: [ResponseField("X-Name", request.query("text") ?? "")])
    }
    try await TestServer(router) { client in
      let good = try await client.get("/?text=good")
      #expect(good.text == "content")
      await #expect(throws: TestServerError.self) { try await client.get("/?text=\(Self.broken)") }
    }
  }

  @Test func `an upgrade with it is not made`() async throws {
    var router = Router()
    router.on(.get, "/") { request, _, sender in
      let field = ResponseField("X-Name", request.query("text") ?? "")
      _ = try sender.upgrade(to: "echo", fields: [field])
    }
    let head = "GET /?text=\(Self.broken) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
    try await TestServer(router) { client in
      let refused = try await client.send(bytes: Array(head.utf8))
      #expect(refused.status == .internalServerError)
    }
  }

  @Test func `line breaks of Unicode's are text to an event stream, and its own part lines`() async throws {
    var router = Router()
    router.events("/") { _, events in
      try await events.send("a\u{2028}b\u{0B}c\rd\r\ne", event: "x\r\ny", id: "1\n2")
    }
    try await TestServer(router) { client in
      let expected = "event: x y\nid: 1 2\ndata: a\u{2028}b\u{0B}c\ndata: d\ndata: e\n\n"
      let stream = try await client.get("/")
      #expect(stream.text == expected)
    }
  }

  @Test func `a name that is no token keeps a server from starting where CORS lists it`() {
    for change in [
      { $0.requestFields = ["Content-Type", "no name"] }, { $0.exposedFields = ["X-Größe"] },
      { $0.methods = [.get, .other] }, { $0.requestFields = [""] },
    ] as [(inout CORS) -> Void] {
      var rules = CORS(origins: .any)
      change(&rules)
      var router = Router()
      router.add(.cors(rules))
      #expect(router.faults.count == 1)
    }
    var every = CORS(origins: .any)
    every.exposedFields = ["*"]
    var router = Router()
    router.add(.cors(every))
    #expect(router.faults == [])
  }

  @Test func `texts of the program's own that cannot be sent keep a server from starting`() {
    var router = Router()
    var rules = CORS(origins: .any)
    rules.exposedFields = ["X\r\nY"]
    router.add(.cors(rules))
    router.add(.securityFields(contentPolicy: "default-src\nself"))
    router.add(.basicAuthentication(realm: "my \"realm\"") { _, _ in true })
    router.add(.requestID(field: "no name"))
    var files = StaticFiles(root: "/")
    files.fields = [ResponseField("X-A", "a\nb")]
    router.files("/files", files)
    #expect(router.faults.count == 5)
  }
}

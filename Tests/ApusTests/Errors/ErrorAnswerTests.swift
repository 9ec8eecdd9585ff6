import Apus
import ApusTestSupport
import ApusTesting
import Testing

/// What errors are answered with: by themselves, and by a hook that sees them all.
@Suite struct ErrorAnswerTests {
  private struct OutOfStock: ResponseError {
    let product: String
    var status: Status { .conflict }
    var message: String { "\(product) is sold out" }
    var fields: [ResponseField] { [ResponseField("Retry-After", "3600")] }
  }

  private struct Teapot: ResponseError {
    var status: Status { 418 }
    var response: Response { .text("short and stout", status: 418, type: .html) }
  }

  private struct Stopping: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      if input.query("stop") != nil { throw OutOfStock(product: "middleware") }
      return try await next(input)
    }
  }

  @Test func `an error of one's own says status, fields and body in every tier`() async throws {
    var router = Router()
    router.before { request in
      if request.query("hook") != nil { throw OutOfStock(product: "hook") }
      return nil
    }
    router.get("/sync") { _ in throw OutOfStock(product: "sync") }
    router.get("/async") { _ in
      await Task.yield()
      throw OutOfStock(product: "async")
    }
    router.on(.get, "/streaming") { _, _, _ in throw OutOfStock(product: "streaming") }
    router.group("/within") { group in
      group.intercept(Stopping())
      group.get("/x") { _ in .text("x") }
    }
    router.get("/tea") { _ in throw Teapot() }
    router.get("/http") { _ in
      throw HTTPError(.tooManyRequests, "later", fields: [ResponseField("Retry-After", "7")])
    }
    try await TestServer(router) { client in
      for (target, name) in [
        ("/sync", "sync"), ("/async", "async"), ("/streaming", "streaming"),
        ("/within/x?stop=1", "middleware"),
        ("/sync?hook=1", "hook"),
      ] {
        let answer = try await client.get(target)
        #expect(answer.status == .conflict)
        #expect(answer.text == "409 \(name) is sold out\n")
        #expect(answer["Retry-After"] == "3600")
        #expect(!answer.closesConnection)
      }
      let tea = try await client.get("/tea")
      #expect(tea.status == 418 && tea.text == "short and stout")
      #expect(tea["Content-Type"] == "text/html; charset=utf-8")
      let later = try await client.get("/http")
      #expect(later.text == "429 later\n" && later["Retry-After"] == "7")
    }
  }

  @Test func `the errors of bodies have their statuses for everybody to see`() {
    #expect(BodyError.tooLarge.status == .contentTooLarge)
    #expect(BodyError.stalled.status == .requestTimeout)
    #expect(BodyError.malformed(.badRequest, "no chunk").status == .badRequest)
    #expect(BodyError.connectionLost.status == .clientClosedRequest)
  }

  private struct Mistake: Error {}

  /// One hook for whatever goes wrong.
  private func shapedRouter(_ root: String) -> Router {
    var router = Router()
    router.onError { request, failure, response in
      let fields = response.fields
      let route = failure.route ?? "none"
      response = .text("\(failure.status.code) \(route): \(failure.detail)", status: failure.status)
      response.fields = fields + [ResponseField("X-Shaped", "\(type(of: failure.error))")]
    }
    router.after { _, response in response.fields.append(ResponseField("X-After", "\(response.status.code)"))
    }
    router.get("/sync/{id}") { request in .text("\(try request.parameter("id", as: Int.self))") }
    router.get("/mistake") { _ in throw Mistake() }
    router.post("/small", collectBytes: 3) { _ in .empty() }
    router.get("/late") { _ in
      try await Task.sleep(for: .seconds(60))
      return .empty()
    }
    router.group("/limited") { group in
      group.add(.timeout(.seconds(2)))
      group.on(.get, "/late") { _, _, sender in
        try await Task.sleep(for: .seconds(60))
        sender.send(.empty())
      }
    }
    router.group("/closed") { group in
      group.add(.bearerAuthentication { _ in false })
      group.get("/x") { _ in .empty() }
    }
    router.on(.get, "/nothing") { _, _, _ in }
    router.on(.post, "/upload") { _, body, sender in
      sender.send(.text("\(try await body.collect(upTo: 3).count)"))
    }
    router.files("/files", root: root)
    return router
  }

  @Test(arguments: [
    ("GET", "/sync/x", 400, "/sync/{id}", "the path's {id} is not a whole number in range", "HTTPError"),
    ("GET", "/mistake", 500, "/mistake", "Internal Server Error", "Mistake"),
    ("GET", "/none", 404, "none", "there is nothing at this path", "RoutingError"),
    ("DELETE", "/mistake", 405, "/mistake", "this path takes GET, HEAD, OPTIONS", "RoutingError"),
    ("BREW", "/none", 501, "none", "this server does not know the method", "RoutingError"),
    ("POST", "/small", 413, "/small", "the body is larger than 3 bytes", "RoutingError"),
    ("GET", "/late", 503, "/late", "the answer was not ready in time", "AnswerError"),
    ("GET", "/limited/late", 503, "/limited/late", "the answer was not ready in time", "AnswerError"),
    ("GET", "/closed/x", 401, "/closed/x", "Unauthorized", "HTTPError"),
    ("GET", "/nothing", 500, "/nothing", "Internal Server Error", "AnswerError"),
    ("POST", "/upload", 413, "/upload", "the body is larger than is read", "BodyError"),
    ("GET", "/files/none", 404, "/files/**", "there is nothing at this path", "RoutingError"),
    ("POST", "/files/none", 405, "/files/**", "this path takes GET, HEAD, OPTIONS", "RoutingError"),
  ])
  func `one hook sees error, status and route of whatever goes wrong, and says the answer`(
    method: String, target: String, status: Int, route: String, detail: String, error: String
  ) async throws {
    let tree = TemporaryTree()
    var configuration = Server.Configuration()
    configuration.timeouts.answer = .seconds(5)
    try await TestServer(shapedRouter(tree.path), configuration: configuration) { client in
      let body = method == "POST" ? "Content-Length: 4\r\n\r\nbody" : "\r\n"
      let answer = try await client.send(
        bytes: Array("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\(body)".utf8))
      #expect(answer.status.code == UInt16(status))
      #expect(answer.text == "\(status) \(route): \(detail)")
      #expect(answer["X-Shaped"] == error)
      #expect(answer["X-After"] == "\(status)", "hooks behind it see what it made, once")
      if status == 405 { #expect(answer["Allow"]?.contains("GET") == true) }
      if status == 401 { #expect(answer["WWW-Authenticate"] == "Bearer") }
    }
  }

  @Test(arguments: [
    ("/files/none", "", 404, "there is nothing at this path"),
    ("/files/a%2Fb", "", 400, "the path holds an escaped slash, and no file's name does"),
    ("/files/there", "If-Match: \"other\"\r\n", 412, "the file is not the one that the request is for"),
    ("/files/there", "Range: bytes=9-\r\n", 416, "the file has 5 bytes, and none in that range"),
  ])
  func `behind a hook that says a file's error, its fields and its sentence are there`(
    target: String, fields: String, status: Int, detail: String
  ) async throws {
    let tree = TemporaryTree()
    tree.file("there", "there")
    var files = StaticFiles(root: tree.path)
    files.alwaysFields = [ResponseField("X-Frame-Options", "DENY")]
    var router = Router()
    router.onError { _, failure, response in
      var problem = Response.text(failure.detail, status: failure.status)
      problem.fields = response.fields
      response = problem
    }
    router.files("/files", files)
    try await TestServer(router) { client in
      let answer = try await client.send(
        bytes: Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8))
      #expect(answer.status.code == UInt16(status) && answer.text == detail)
      #expect(answer["X-Frame-Options"] == "DENY")
      if status == 416 { #expect(answer["Content-Range"] == "bytes */5") }
    }
  }

  @Test func `a group's hook runs before the one of the router around it`() throws {
    var router = Router()
    router.onError { _, _, response in response.fields.append(ResponseField("X-By", "outer")) }
    router.group("/g") { group in
      group.onError { _, failure, response in
        response = .text("inner", status: failure.status).adding(ResponseField("X-By", "inner"))
      }
      group.get("/x") { _ in throw HTTPError(.conflict) }
    }
    let answer = try ask(router, "/g/x")
    #expect(answer.text == "inner")
    #expect(answer["X-By"] == "inner, outer")
    #expect(try ask(router, "/none")["X-By"] == "outer")
  }

  @Test func `an answer of a hook's that cannot be sent is 500`() throws {
    var router = Router()
    router.onError { _, _, response in response.fields.append(ResponseField("X-A", "a\nb")) }
    let answer = try ask(router, "/none")
    #expect(answer.status == 500 && answer["X-A"] == nil)
  }
}

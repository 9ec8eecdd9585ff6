import Apus
import ApusEngine
import ApusRing
import Testing

/// Middleware and hooks around handlers that suspend, on a real core.
@Suite struct MiddlewareTests {
  private final class Trace: Sendable {
    let steps = Lock<[String]>([])
    func add(_ step: String) { steps.withLock { $0.append(step) } }
  }

  private struct Tracing: Middleware {
    let name: String
    let trace: Trace
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      trace.add("\(name) in")
      await Task.yield()
      let response = try await next(input)
      trace.add("\(name) out \(response.status.code)")
      return response.adding(ResponseField("X-Through", name))
    }
  }

  private struct Gate: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      await Task.yield()
      if input.query("no") != nil { return .text("stopped", status: .forbidden) }
      if input.query("throw") != nil { throw HTTPError(.conflict, "thrown") }
      return try await next(input)
    }
  }

  private struct Rescue: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      do { return try await next(input) } catch let error as HTTPError {
        return .text("rescued \(error.status.code)")
      }
    }
  }

  private func through(_ answer: Answer) -> [String] {
    answer.fields.filter { $0.name == "X-Through" }.map(\.value)
  }

  @Test func `a router's middleware is outside its groups', and hooks are outside both`() throws {
    let trace = Trace()
    var router = Router()
    router.before { _ in
      trace.add("hook in")
      return nil
    }
    router.after { _, _ in trace.add("hook out") }
    router.intercept(Tracing(name: "outer", trace: trace))
    router.group("/g") { group in
      group.intercept(Tracing(name: "inner", trace: trace))
      group.get("/x") { request in
        trace.add("handler")
        return .text("x")
      }
    }
    try withServer(router) { server in
      let answer = try WireClient(port: server.port).get("/g/x")
      #expect(answer.text == "x")
      #expect(through(answer) == ["inner", "outer"])
    }
    #expect(
      trace.steps.withLock { $0 } == [
        "hook in", "outer in", "inner in", "handler", "inner out 200", "outer out 200", "hook out",
      ])
  }

  @Test(arguments: ["sync", "async", "stream"])
  func `every tier passes through, may be stopped, and what is thrown is answered`(tier: String) throws {
    var router = Router()
    router.after { _, response in response.fields.append(ResponseField("X-After", "1")) }
    router.intercept(Gate())
    router.get("/sync") { request in .text("sync \(request.query("a") ?? "")") }
    router.get("/async") { request in
      await Task.yield()
      return .text("async \(request.query("a") ?? "")")
    }
    router.on(.get, "/stream") { request, _, sender in
      let text = "stream \(request.query("a") ?? "")"
      var writer = try sender.start(.empty(.ok), length: UInt64(text.utf8.count))
      try await writer.write(text)
      try writer.finish()
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      let good = try client.get("/\(tier)?a=7")
      #expect(good.text == "\(tier) 7")
      #expect(good["X-After"] == "1")
      let stopped = try client.get("/\(tier)?no=1")
      #expect(stopped.status == 403)
      #expect(stopped.text == "stopped")
      #expect(stopped["X-After"] == "1")
      let thrown = try client.get("/\(tier)?throw=1")
      #expect(thrown.status == 409)
      #expect(thrown["X-After"] == "1")
    }
  }

  @Test func `a middleware may answer for a handler that throws`() throws {
    var router = Router()
    router.intercept(Rescue())
    router.get("/sync") { _ in throw HTTPError(418) }
    router.on(.get, "/stream") { _, _, _ in throw HTTPError(418) }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      #expect(try client.get("/sync").text == "rescued 418")
      #expect(try client.get("/stream").text == "rescued 418")
    }
  }

  @Test
  func `a streamed answer that began before the middleware looked keeps what hooks say, and is sent once`()
    throws
  {
    let trace = Trace()
    var router = Router()
    router.after { _, response in response.fields.append(ResponseField("X-After", "1")) }
    router.intercept(Tracing(name: "t", trace: trace))
    router.on(.post, "/echo") { _, body, sender in sender.send(.bytes(try await body.collect(upTo: 100))) }
    router.group("/plain") { group in
      group.on(.get, "/now") { _, _, sender in sender.send(.text("now")) }
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
      #expect(answer.text == "hi")
      #expect(answer["X-After"] == "1")
      #expect(through(answer) == [], "too late to change")
      #expect(try client.get("/plain/now").text == "now")
    }
    #expect(trace.steps.withLock { $0 } == ["t in", "t out 200", "t in", "t out 200"])
  }

  @Test func `hooks see answers of handlers that suspend, with their own request`() throws {
    var router = Router()
    router.add(.requestID())
    router.after { request, response in
      if let path = ResponseField(name: "X-Path", value: String(request.parameter("id") ?? "none")) {
        response.fields.append(path)
      }
    }
    router.get("/later/{id}") { request in
      await Task.yield()
      return .text(request.id)
    }
    router.on(.get, "/stream/{id}") { request, _, sender in
      let id = request.id
      sender.send(.text(id))
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      for path in ["/later/7", "/stream/7"] {
        let answer = try client.get(path)
        #expect(answer["X-Request-Id"] == answer.text)
        // A router's hooks look before its captures are known; the asynchronous copy was made with them.
        #expect(answer["X-Path"] == "7", "\(path)")
      }
    }
  }

  @Test func `the body limit of a group holds for its routes that do not say`() throws {
    var router = Router()
    router.collectBytes = 1000
    router.group("/small") { group in
      group.collectBytes = 10
      group.post("/x") { request in .text("\(request.body.count)") }
      group.post("/own", collectBytes: 100) { request in .text("\(request.body.count)") }
    }
    router.post("/x") { request in .text("\(request.body.count)") }
    func post(_ path: String, _ count: Int) -> String {
      "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"
        + String(repeating: "x", count: count)
    }
    try withServer(router) { server in
      for (path, most) in [("/small/x", 10), ("/small/own", 100), ("/x", 1000)] {
        let full = try WireClient(port: server.port).ask(post(path, most))
        let over = try WireClient(port: server.port).ask(post(path, most + 1))
        #expect(full.text == "\(most)")
        #expect(over.status == 413)
      }
    }
  }

  @Test func `a route's time-out answers 503 and cancels, the shortest one`() throws {
    let trace = Trace()
    var router = Router()
    router.add(.timeout(.seconds(3600)))
    router.group("/quick") { group in
      group.add(.timeout(.milliseconds(50)))
      group.get("/never") { _ in
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          trace.add("cancelled")
          throw error
        }
        return .text("late")
      }
    }
    // As long as it takes on a busy machine.
    router.group("/slow") { group in
      group.add(.timeout(.seconds(600)))
      group.get("/soon") { _ in
        await Task.yield()
        return .text("soon")
      }
    }
    let (_, summary) = try withServer(router) { server in
      let client = try WireClient(port: server.port)
      #expect(try client.get("/slow/soon").text == "soon")
      let answer = try client.get("/quick/never")
      #expect(answer.status == 503)
      #expect(answer.saysClose)
    }
    #expect(summary.closes(.answerTimeout) == 1)
    #expect(trace.steps.withLock { $0 } == ["cancelled"])
  }
}

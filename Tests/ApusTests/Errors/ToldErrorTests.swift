import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Logging
import Testing

/// Who hears of errors that a client is told nothing of: the log, a hook and a counter.
@Suite struct ToldErrorTests {
  private struct Mistake: Error {}

  private struct Failing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      _ = try await next(input)
      throw Mistake()
    }
  }

  /// The writer is dropped where this ends, and its handler goes on.
  private static func begin(_ sender: consuming ResponseSender) async throws {
    var writer = try sender.start()
    try await writer.write("half")
    try await writer.flush()
  }

  private static func drop(_ sender: consuming ResponseSender) throws { _ = try sender.start() }

  private struct Passing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response { try await next(input) }
  }

  private func router() -> Router {
    var router = Router()
    router.get("/sync/{id}") { _ in throw Mistake() }
    router.get("/async") { _ in
      try await Task.sleep(for: .seconds(1))
      throw Mistake()
    }
    Self.addStreams(to: &router)
    Self.addGroups(to: &router)
    router.get("/field") { _ in .empty(.ok).adding(ResponseField("X-A", "a\nb")) }
    router.get("/wanted") { _ in throw HTTPError(.serviceUnavailable) }
    router.get("/refused") { _ in throw HTTPError(.conflict) }
    return router
  }

  private static func addStreams(to router: inout Router) {
    router.on(.get, "/streaming") { _, _, _ in throw Mistake() }
    router.on(.get, "/begun") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("half")
      try await writer.flush()
      throw Mistake()
    }
    router.on(.get, "/sent") { _, _, sender in
      sender.send(.text("sent"))
      try await Task.sleep(for: .seconds(1))
      throw Mistake()
    }
    router.on(.get, "/dropped") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("half")
      try await writer.flush()
    }
    router.on(.get, "/late") { _, _, sender in
      try await Self.begin(sender)
      try? await Task.sleep(for: .seconds(1))
      throw Mistake()
    }
    router.on(.get, "/late/cancelled") { _, _, sender in
      try await Self.begin(sender)
      try await Task.sleep(for: .seconds(1))
    }
    router.on(.get, "/late/unsent") { _, _, sender in
      try Self.drop(sender)
      try await Task.sleep(for: .seconds(1))
      throw Mistake()
    }
    router.on(.get, "/late/silent") { _, _, sender in
      try Self.drop(sender)
      try await Task.sleep(for: .seconds(1))
    }
    router.on(.get, "/nothing") { _, _, _ in }
    router.on(.post, "/begun") { _, body, sender in
      var writer = try sender.start()
      while let chunk = try await body.read() { try await writer.write(chunk) }
      try writer.finish()
    }
    router.events("/events") { _, events in
      try await events.send("tick")
      do { try await Task.sleep(for: .seconds(1000)) } catch { throw Mistake() }
    }
  }

  private static func addGroups(to router: inout Router) {
    router.group("/hook") { group in
      group.before { _ in throw Mistake() }
      group.get("/x") { _ in .empty() }
    }
    router.group("/within") { group in
      group.intercept(Failing())
      group.get("/x") { _ in .empty() }
    }
    router.group("/quiet") { group in
      group.intercept(Passing())
      group.on(.get, "/x") { _, _, _ in }
    }
    router.group("/replaced") { group in
      group.after { _, response in response.fields.append(ResponseField("X-A", "a\nb")) }
      group.on(.get, "/x") { _, _, sender in
        var writer = try sender.start()
        for _ in 0..<3 {
          try await writer.write("part")
          try await writer.flush()
        }
        try writer.finish()
      }
    }
  }

  @Test(arguments: [
    ("/sync/7", "/sync/{id}", "Mistake()", 500, false), ("/async", "/async", "Mistake()", 500, false),
    ("/streaming", "/streaming", "Mistake()", 500, false), ("/begun", "/begun", "Mistake()", 200, true),
    ("/sent", "/sent", "Mistake()", 200, true), ("/dropped", "/dropped", "unfinished", 200, true),
    ("/late", "/late", "Mistake()", 200, true),
    ("/late/cancelled", "/late/cancelled", "unfinished", 200, true),
    ("/late/unsent", "/late/unsent", "Mistake()", 500, false),
    ("/late/silent", "/late/silent", "unfinished", 500, false),
    ("/nothing", "/nothing", "unfinished", 500, false), ("/hook/x", "/hook/x", "Mistake()", 500, false),
    ("/within/x", "/within/x", "Mistake()", 500, false),
    ("/quiet/x", "/quiet/x", "unfinished", 500, false),
    ("/replaced/x", "/replaced/x", "invalidField(\"X-A\")", 500, false),
    ("/field", "/field", "invalidField(\"X-A\")", 500, false),
    (
      "/wanted", "/wanted",
      "HTTPError(status: ApusWire.Status(code: 503), message: \"Service Unavailable\", fields: [])", 503,
      false
    ),
  ])
  func
    `what a handler, hook or middleware throws is logged, told and counted, before and after its answer has left`(
      target: String, route: String, error: String, status: Int, hadBegun: Bool
    ) throws
  {
    var stage = try ErrorStage(router())
    let peer = stage.get(target)
    if !hadBegun { #expect(peer.answers.map(\.status) == [status]) }
    let heard = stage.heard.all
    try #require(heard.count == 1)
    #expect(heard[0].error == error && heard[0].route == route && heard[0].hadBegun == hadBegun)
    #expect(heard[0].status == UInt16(status))
    #expect(stage.errorCount == 1)
    let lines = stage.events.all
    try #require(lines.count == 1)
    #expect(lines[0].level == .error)
    #expect(lines[0].metadata["method"] == "GET")
    #expect(lines[0].metadata["route"] == "\(route)")
    #expect(lines[0].metadata["error"] == "\(error)")
    #expect(lines[0].metadata["id"] == "\(heard[0].id)")
    stage.end()
  }

  @Test(arguments: [
    ("GET", "/refused", 409), ("GET", "/none", 404), ("GET", "/sync", 404), ("PUT", "/async", 405),
    ("BREW", "/async", 501), ("get", "/none", 501),
  ])
  func `a client's mistake is not reported`(method: String, target: String, status: Int)
    throws
  {
    var stage = try ErrorStage(router())
    let peer = stage.ask("\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n", methods: [method])
    #expect(peer.answers.map(\.status) == [status])
    #expect(stage.heard.all.isEmpty && stage.events.all.isEmpty && stage.errorCount == 0)
    stage.end()
  }

  @Test func `a body that is none is its client's mistake behind the beginning of an answer, too`() throws {
    var stage = try ErrorStage(router())
    let peer = stage.ask(
      "POST /begun HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", methods: ["POST"],
      then: [.pause(nanoseconds: 1_000_000_000), .send(Array("no chunk\r\n".utf8))])
    #expect(peer.resetAt != nil)
    #expect(stage.heard.all.isEmpty && stage.events.all.isEmpty && stage.errorCount == 0)
    stage.end()
  }

  @Test(arguments: [true, false])
  func `whatever a handler makes of the end of its events is no news`(drains: Bool) throws {
    var stage = try ErrorStage(router())
    let peer = stage.ask(
      "GET /events HTTP/1.1\r\nHost: a\r\n\r\n",
      then: drains ? [] : [.pause(nanoseconds: 1_000_000_000), .halfClose])
    stage.end()
    #expect(peer.answers.map(\.text) == ["data: tick\n\n"])
    #expect(stage.heard.all.isEmpty && stage.events.all.isEmpty && stage.errorCount == 0)
  }

  @Test func `a response that is late is reported with its route`() throws {
    var timeouts = Timeouts()
    timeouts.answer = .milliseconds(500)
    var stage = try ErrorStage(router(), timeouts: timeouts)
    let peer = stage.get("/async")
    #expect(peer.answers.map(\.status) == [503])
    #expect(stage.heard.all.map(\.error) == ["timedOut"])
    #expect(stage.events.all.count == 1, "its handler's own end is no second error")
    stage.end()
  }

  @Test func `a route that fails all the time writes ten lines a second, and says how many it left out`()
    throws
  {
    var stage = try ErrorStage(router())
    let requests = String(repeating: "GET /sync/1 HTTP/1.1\r\nHost: a\r\n\r\n", count: 40)
    _ = stage.ask(requests, methods: Array(repeating: "GET", count: 40), for: .milliseconds(100))
    #expect(stage.events.all.count == 10)
    #expect(stage.heard.all.count == 40 && stage.errorCount == 40)
    _ = stage.get("/async")
    #expect(stage.events.all.count == 11, "another route has lines of its own")
    _ = stage.get("/sync/1")
    let last = try #require(stage.events.all.last)
    #expect(last.metadata["left-out"] == "30")
    stage.end()
  }

  @Test func `a server's own hook is its configuration's`() {
    var server = Server(Router())
    #expect(server.configuration.onError == nil)
    server.onError = { _, _ in }
    #expect(server.configuration.onError != nil)
  }
}

import Apus
import ApusRing
import ApusTestSupport
import ApusTesting
import Testing

/// Hooks see each answer once, as it was sent, whatever makes it.
@Suite struct HookOnceTests {
  private struct Passing: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      if input.query("early") != nil { return .text("early", status: .accepted) }
      let answer = try await next(input)
      if input.query("late") != nil { throw HTTPError(.conflict) }
      return answer
    }
  }

  private func addRoutes(_ router: inout Router, _ root: String) {
    router.get("/sync") { _ in .text("x") }
    router.get("/async") { _ in
      try await Task.sleep(for: .seconds(1))
      return .text("x")
    }
    router.get("/never") { _ in
      try await Task.sleep(for: .seconds(100))
      return .text("x")
    }
    router.on(.get, "/sent") { _, _, sender in sender.send(.text("x")) }
    router.on(.get, "/written") { _, _, sender in
      var writer = try sender.start()
      try await writer.write("x")
      try await writer.flush()
      try writer.finish()
    }
    router.on(.get, "/dropped") { _, _, sender in _ = try sender.start() }
    router.on(.get, "/replaced") { _, _, sender in
      var writer = try sender.start(length: 10)
      try await writer.write("half")
      throw HTTPError(.gone)
    }
    router.on(.get, "/switched") { _, _, sender in try sender.upgrade(to: "echo").finish() }
    router.events("/events") { _, events in try await events.send("x") }
    router.files("/files", root: root)
  }

  @Test(arguments: [
    ("/sync", 200), ("/sync?early=1", 202), ("/sync?late=1", 409), ("/async", 200), ("/async?late=1", 409),
    ("/never", 503), ("/sent", 200), ("/sent?early=1", 202), ("/sent?late=1", 200), ("/written", 200),
    ("/dropped", 500), ("/replaced", 410), ("/events", 200), ("/files/a.txt", 200), ("/files/none", 404),
  ])
  func `around middleware and without it`(target: String, status: Int) async throws {
    let tree = TemporaryTree()
    tree.file("a.txt", "a")
    for isWrapped in [false, true] where isWrapped || !(target.contains("early") || target.contains("late")) {
      let seen = Lock<[UInt16]>([])
      var router = Router()
      router.after { _, response in
        let code = response.status.code
        seen.withLock { $0.append(code) }
      }
      // Groups within groups change nothing.
      router.group("") { outer in
        if isWrapped { outer.intercept(Passing()) }
        outer.group("") { addRoutes(&$0, tree.path) }
      }
      var configuration = Server.Configuration()
      configuration.timeouts.answer = .seconds(5)
      try await TestServer(router, configuration: configuration) { client in
        // Files are seen by hooks, and by no middleware.
        let answer = try await client.get(target)
        #expect(Int(answer.status.code) == status)
      }
      #expect(seen.withLock { $0 } == [UInt16(status)], "\(target), wrapped: \(isWrapped)")
    }
  }

  @Test func `a switch of protocols is seen as 101`() throws {
    for isWrapped in [false, true] {
      let seen = Lock<[UInt16]>([])
      var router = Router()
      router.after { _, response in
        let code = response.status.code
        seen.withLock { $0.append(code) }
      }
      router.group("") { group in
        if isWrapped { group.intercept(Passing()) }
        addRoutes(&group, "/")
      }
      var stage = try ErrorStage(router)
      _ = stage.ask("GET /switched HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
      #expect(seen.withLock { $0 } == [101])
      #expect(stage.heard.all.isEmpty)
      stage.end()
    }
  }
}

import Apus
import ApusRing
import ApusTesting
import Testing

@Suite struct HookTests {
  private final class Trace: Sendable {
    let steps = Lock<[String]>([])
    func add(_ step: String) { steps.withLock { $0.append(step) } }
    func take() -> [String] {
      steps.withLock {
        let all = $0; $0 = []; return all
      }
    }
  }

  private func before(_ router: inout Router, _ name: String, _ trace: Trace) {
    router.before { _ in
      trace.add("before \(name)")
      return nil
    }
    router.after { _, _ in trace.add("after \(name)") }
  }

  @Test func `hooks run from the outside in, and back out, whenever they were added`() throws {
    let trace = Trace()
    var router = Router()
    before(&router, "1", trace)
    router.group("/g") { group in
      group.get("/x") { _ in
        trace.add("handler")
        return .empty()
      }
      before(&group, "inner", trace)
    }
    before(&router, "2", trace)
    _ = try ask(router, "/g/x")
    #expect(
      trace.take() == [
        "before 1", "before 2", "before inner", "handler", "after inner", "after 2", "after 1",
      ])
  }

  @Test func `an answer of a hook ends the row, and still passes what runs after`() throws {
    let trace = Trace()
    var router = Router()
    before(&router, "1", trace)
    router.before { request in request.query("stop") == nil ? nil : .text("stopped", status: .forbidden) }
    before(&router, "2", trace)
    router.get("/x") { _ in
      trace.add("handler")
      return .empty()
    }
    let answer = try ask(router, "/x?stop=1")
    #expect(answer.status == 403)
    #expect(answer.text == "stopped")
    #expect(trace.take() == ["before 1", "after 2", "after 1"])
  }

  @Test func `errors of handlers and hooks pass what runs after`() throws {
    var router = Router()
    router.after { _, response in response.fields.append(ResponseField("X-After", "1")) }
    router.before { request in
      if request.query("deny") != nil { throw HTTPError(.unauthorized, "who are you") }
      return nil
    }
    router.get("/teapot") { _ in throw HTTPError(418, "short and stout") }
    router.get("/broken") { _ in throw Broken() }
    for (target, status) in [("/teapot", 418), ("/broken", 500), ("/teapot?deny=1", 401), ("/none", 404)] {
      let answer = try ask(router, target)
      #expect(answer.status == status)
      #expect(answer["X-After"] == "1", "\(target)")
    }
    #expect(try ask(router, "/teapot?deny=1").text == "401 who are you\n")
    #expect(!(try ask(router, "/broken")).text.contains("Broken"))
  }

  private struct Broken: Error {}

  @Test func `the server's router runs its hooks for 404, 405 and OPTIONS, a group's only for its routes`()
    throws
  {
    var router = Router()
    router.after { _, response in response.fields.append(ResponseField("X-Root", "1")) }
    router.group("/g") { group in
      group.after { _, response in response.fields.append(ResponseField("X-Group", "1")) }
      group.get("/x") { _ in .empty() }
    }
    for (method, target, status, group) in [
      ("GET", "/none", 404, nil), ("GET", "/g/none", 404, nil), ("POST", "/g/x", 405, "1"),
      ("OPTIONS", "/g/x", 204, "1"), ("OPTIONS", "*", 204, nil), ("BREW", "/none", 501, nil),
    ] as [(String, String, Int, String?)] {
      let answer = try ask(router, method, target)
      #expect(answer.status == status, "\(method) \(target)")
      #expect(answer["X-Root"] == "1")
      #expect(answer["X-Group"] == group)
    }
  }

  @Test func `a hook's state is made once per core, for all routes together`() throws {
    let made = Trace()
    var router = Router()
    router.group("/g") { group in
      group.add(
        Hook(perCore: {
          made.add("made")
          var count = 0
          return Hook.Parts(before: { _ in
            count += 1
            return .text("\(count)")
          })
        }))
      group.get("/a") { _ in .empty() }
      group.get("/b") { _ in .empty() }
      group.group("/deep") { $0.get("/c") { _ in .empty() } }
    }
    let requests = ["/g/a", "/g/b", "/g/deep/c"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
    #expect(try answers(router, requests.joined()).map(\.text) == ["1", "2", "3"])
    #expect(made.take() == ["made"])
    _ = try answers(router, requests[0])
    #expect(made.take() == ["made"], "another core makes its own")
  }

  @Test func `HEAD is answered from GET, unless it has a route of its own`() throws {
    var router = Router()
    router.get("/x") { _ in .text("from get") }
    router.get("/y") { _ in .text("from get") }
    router.on(.head, "/y") { _ in .text("head") }
    #expect(try ask(router, "HEAD", "/x")["Content-Length"] == "8")
    #expect(try ask(router, "HEAD", "/y")["Content-Length"] == "4")
    #expect(try ask(router, "POST", "/x")["Allow"] == "GET, HEAD, OPTIONS")
    #expect(try ask(router, "POST", "/y")["Allow"] == "GET, HEAD, OPTIONS")
  }

  @Test func `OPTIONS can have a route of its own`() throws {
    var router = Router()
    router.on(.options, "/x") { _ in .text("mine") }
    #expect(try ask(router, "OPTIONS", "/x").text == "mine")
    #expect(try ask(router, "GET", "/x")["Allow"] == "OPTIONS")
  }
}

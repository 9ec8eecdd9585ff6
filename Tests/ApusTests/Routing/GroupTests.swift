import Apus
import ApusTestSupport
import ApusTesting
import Testing

@Suite struct GroupTests {
  @Test func `a group puts its prefix in front, groups in it put theirs behind`() throws {
    var router = Router()
    router.group("/api/") { api in
      api.get("/a") { _ in .text("a") }
      api.group("/v1") { version in version.get("/b/{id}") { .text($0.parameter("id") ?? "") } }
      api.group("") { same in same.get("/c") { _ in .text("c") } }
    }
    #expect(try ask(router, "/api/a").text == "a")
    #expect(try ask(router, "/api/v1/b/7").text == "7")
    #expect(try ask(router, "/api/c").text == "c")
    #expect(try ask(router, "/a").status == 404)
  }

  @Test func `a router is mounted with its hooks and groups`() throws {
    var inner = Router()
    inner.after { _, response in response = response.adding(ResponseField("X-Inner", "1")) }
    inner.get("/x") { _ in .text("x") }
    inner.group("/g") { $0.get("/y") { _ in .text("y") } }
    var router = Router()
    router.get("/x") { _ in .text("outer") }
    router.mount("/in", inner)
    #expect(try ask(router, "/in/x")["X-Inner"] == "1")
    #expect(try ask(router, "/in/g/y")["X-Inner"] == "1")
    #expect(try ask(router, "/x")["X-Inner"] == nil)
  }

  @Test func `files are mounted in a group, behind its hooks`() throws {
    let tree = TemporaryTree()
    tree.file("a.txt", "content")
    var router = Router()
    router.group("/static") { group in
      group.before { request in request.query("key") == "k" ? nil : .plain(.forbidden) }
      group.after { _, response in response = response.adding(ResponseField("X-After", "1")) }
      group.files("/files", root: tree.path)
    }
    let answer = try ask(router, "/static/files/a.txt?key=k")
    #expect(answer.text == "content")
    #expect(answer["X-After"] == "1")
    #expect(try ask(router, "/static/files/a.txt").status == 403)
    #expect(try ask(router, "/static/files/a.txt")["X-After"] == "1")
  }

  @Test func `a copy of a router has its routes and hooks, and what is added to the copy is its own`() throws
  {
    var first = Router()
    first.after { _, response in response = response.adding(ResponseField("X-First", "1")) }
    first.get("/a") { _ in .text("a") }
    var second = first
    second.after { _, response in response = response.adding(ResponseField("X-Second", "1")) }
    second.get("/b") { _ in .text("b") }
    for path in ["/a", "/b"] {
      let answer = try ask(second, path)
      #expect(answer.status == 200 && answer["X-First"] == "1" && answer["X-Second"] == "1")
    }
    #expect(try ask(first, "/a").status == 200)
    #expect(try ask(first, "/a")["X-Second"] == nil)
    #expect(try ask(first, "/b").status == 404)
  }
}

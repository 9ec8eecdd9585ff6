import Apus
import ApusTestSupport
import ApusTesting
import Testing

/// Files behind the whole server: answers that are given again without a look at the routes.
@Suite struct RepeatedFileTests {
  private func tree(_ text: String) -> TemporaryTree {
    let tree = TemporaryTree()
    write(tree, text)
    return tree
  }

  private func write(_ tree: TemporaryTree, _ text: String) {
    tree.file("a.txt", text)
    tree.touch("a.txt", seconds: 1_600_000_000)
  }

  @Test func `a file that is asked for all the time is new a second after it changed`() async throws {
    let tree = tree("old")
    var router = Router()
    router.files("/", StaticFiles(root: tree.path))
    try await TestServer(router) { client in
      for _ in 0..<10 { #expect(try await client.get("/a.txt").text == "old") }
      write(tree, "new")
      for _ in 0..<5 {
        try client.pass(.milliseconds(200))
        _ = try await client.get("/a.txt")
      }
      for _ in 0..<5 { #expect(try await client.get("/a.txt").text == "new") }
      tree.remove("a.txt")
      try client.pass(.seconds(1))
      #expect(try await client.get("/a.txt").status == .notFound)
    }
  }

  @Test(arguments: ["", "text"]) func `HEAD has the length of a file, of an empty one, too`(text: String)
    async throws
  {
    let tree = tree(text)
    var router = Router()
    router.files("/", StaticFiles(root: tree.path))
    try await TestServer(router) { client in
      for _ in 0..<3 {
        let (head, whole) = (try await client.send(.head, "/a.txt"), try await client.get("/a.txt"))
        #expect(head["content-length"] == "\(text.utf8.count)" && head.body.isEmpty)
        #expect(whole["content-length"] == head["content-length"] && whole.text == text)
      }
    }
  }

  @Test func `hooks see every request for a file`() async throws {
    let tree = tree("text")
    var router = Router()
    router.after { request, response in
      response.fields.append(ResponseField("X-Number", request.query("n") ?? "none"))
    }
    router.files("/", StaticFiles(root: tree.path))
    try await TestServer(router) { client in
      for number in 0..<10 {
        let answer = try await client.get("/a.txt?n=\(number)")
        #expect(answer.text == "text" && answer["x-number"] == "\(number)")
      }
    }
  }

  @Test func `fields that are always there reach the wire with every status`() async throws {
    let tree = tree("text")
    var files = StaticFiles(root: tree.path)
    files.alwaysFields = [ResponseField("X-Frame-Options", "DENY")]
    var router = Router()
    router.files("/", files)
    try await TestServer(router) { client in
      for (request, status) in [
        ("GET /a.txt", 200), ("GET /no", 404), ("POST /a.txt", 405), ("BREW /a.txt", 501),
      ] as [(String, UInt16)] {
        let answer = try await client.send(bytes: Array("\(request) HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
        #expect(answer.status.code == status && answer["x-frame-options"] == "DENY", "\(request)")
      }
    }
  }
}

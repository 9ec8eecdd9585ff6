import Apus
import ApusTestSupport
import ApusTesting
import Testing

/// A root whose name comes to lead somewhere else while it is served, behind the whole server.
@Suite struct RootSwapTests {
  /// `current` leads to `v1`, as a deployment leaves it.
  private func deployment() -> TemporaryTree {
    let tree = TemporaryTree()
    for version in ["v1", "v2"] {
      tree.directory(version)
      tree.file("\(version)/a.txt", version)
      tree.touch("\(version)/a.txt", seconds: 1_600_000_000)
      tree.file("\(version)/large.bin", String(repeating: version, count: 50_000))
      tree.touch("\(version)/large.bin", seconds: 1_600_000_000)
    }
    tree.link("current", to: "v1")
    return tree
  }

  /// As `ln -sfn` does it: in one step.
  private func release(_ version: String, in tree: TemporaryTree) {
    tree.link("next", to: version)
    tree.rename("next", to: "current")
  }

  private func router(_ tree: TemporaryTree, _ configure: (inout StaticFiles) -> Void = { _ in }) -> Router {
    var files = StaticFiles(root: tree.absolute("current"))
    configure(&files)
    var router = Router()
    router.files("/", files)
    router.files("/{tenant}/files", files)
    router.files("/assets", files)
    return router
  }

  @Test(arguments: [0, 64 << 20])
  func `a root whose name leads to another directory is that directory a second later`(
    cacheBytes: Int
  ) async throws {
    let tree = deployment()
    try await TestServer(router(tree) { $0.cacheBytes = cacheBytes }) { client in
      let paths = ["/a.txt", "/assets/a.txt", "/anna/files/a.txt", "/large.bin"]
      for path in paths { #expect(try await client.get(path).text.hasPrefix("v1")) }
      // Hot enough for the answer to be repeated, and asked for first in the middle of a second.
      try client.pass(.milliseconds(700))
      for _ in 0..<5 { for path in paths { #expect(try await client.get(path).text.hasPrefix("v1")) } }
      release("v2", in: tree)
      for _ in 0..<4 {
        try client.pass(.milliseconds(250))
        for path in paths { #expect(try await client.get(path).status == .ok) }
      }
      for _ in 0..<5 {
        for path in paths { #expect(try await client.get(path).text.hasPrefix("v2"), "\(path)") }
      }
    }
  }

  @Test func `a root that is gone is 404 a second later, and served again once it is back`() async throws {
    let tree = deployment()
    try await TestServer(router(tree)) { client in
      for _ in 0..<3 { #expect(try await client.get("/a.txt").text == "v1") }
      tree.remove("current")
      try client.pass(.seconds(1))
      #expect(try await client.get("/a.txt").status == .notFound)
      #expect(try await client.get("/large.bin").status == .notFound)
      release("v2", in: tree)
      #expect(try await client.get("/a.txt").text == "v2")
    }
  }

  @Test func `a directory renamed away and another in its place is the other one`() async throws {
    let tree = deployment()
    var router = Router()
    router.files("/", root: tree.absolute("v1"))
    try await TestServer(router) { client in
      #expect(try await client.get("/a.txt").text == "v1")
      tree.rename("v1", to: "v0")
      tree.rename("v2", to: "v1")
      try client.pass(.seconds(1))
      #expect(try await client.get("/a.txt").text == "v2")
    }
  }

  @Test func `the name of a root is looked up at most once a second, however many files are asked for`()
    throws
  {
    let tree = deployment()
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    #expect(visitor.get("/a.txt").body == "v1")
    release("v2", in: tree)
    visitor.pass(seconds: 0.9)
    // Neither is known yet: both are looked for in the directory that the name led to when it was looked up.
    #expect(visitor.get("/large.bin").sentBody()?.first == UInt8(ascii: "v"))
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v1".utf8) == true)
    visitor.pass(seconds: 0.1)
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v2".utf8) == true)
  }

  @Test(arguments: [0, 64 << 20])
  func `a release loses no request to the removal of the one before it`(cacheBytes: Int) throws {
    let tree = deployment()
    let visitor = try Visitor(tree) {
      $0.root = tree.absolute("current")
      $0.cacheBytes = cacheBytes
    }
    #expect(visitor.get("/a.txt").status == 200)
    release("v2", in: tree)
    for name in ["a.txt", "large.bin"] { tree.remove("v1/\(name)") }
    // Within the second, and not known yet: only the name tells where it is now.
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v2".utf8) == true)
    #expect(visitor.get("/a.txt").sentBody() == Array("v2".utf8))
  }

  @Test func `a file that only the new directory has is there as soon as the name leads to it`() throws {
    let tree = deployment()
    tree.directory("v2/sub")
    tree.file("v2/new.js", "new")
    tree.file("v2/sub/index.html", "sub")
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    #expect(visitor.get("/new.js").status == 404)
    release("v2", in: tree)
    #expect(visitor.get("/sub/").body == "sub")
    #expect(visitor.get("/new.js").body == "new")
    #expect(visitor.get("/a.txt").body == "v2")
  }

  @Test func `a file that is not there costs the directory nothing while its name leads nowhere`() throws {
    let tree = deployment()
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    #expect(visitor.get("/a.txt").body == "v1")
    tree.remove("current")
    #expect(visitor.get("/none.txt").status == 404)
    // Between the two steps of a replacement, the second of the last look still counts.
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v1".utf8) == true)
    tree.link("current", to: "v2")
    #expect(visitor.get("/none.txt").status == 404)
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v2".utf8) == true)
  }

  @Test
  func
    `a root that comes back in another place is answered from at once, and a lost request costs no second`()
    throws
  {
    let tree = deployment()
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    #expect(visitor.get("/a.txt").body == "v1")
    visitor.pass(seconds: 1)
    tree.remove("current")
    #expect(visitor.get("/a.txt").status == 404)
    #expect(visitor.handler.cachedFiles == 0)
    tree.link("current", to: "v2")
    #expect(visitor.get("/a.txt").body == "v2")
  }

  @Test func `a directory that is not there when a server starts is named`() {
    let tree = deployment()
    var router = Router()
    router.files("/", root: tree.absolute("v1"))
    router.files("/assets", root: tree.absolute("nowhere"))
    let error = #expect(throws: ServerError.self) {
      try Server(router, configuration: Server.Configuration(listen: [.tcp("127.0.0.1", 0)])).start()
    }
    #expect(error?.description.contains(tree.absolute("nowhere")) == true, "\(error as Any)")
  }

  @Test func `an answer under way is from the directory in which it began`() throws {
    let tree = deployment()
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    let (small, large) = (visitor.get("/a.txt"), visitor.get("/large.bin"))
    release("v2", in: tree)
    visitor.pass(seconds: 1)
    #expect(visitor.get("/large.bin").sentBody()?.starts(with: "v2".utf8) == true)
    tree.remove("v1/large.bin")
    #expect(small.body == "v1")
    #expect(large.sentBody() == Array(String(repeating: "v1", count: 50_000).utf8))
  }

  @Test func `nothing of the directory before is kept`() throws {
    let tree = deployment()
    tree.file("v1/only.txt", "v1")
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    for path in ["/a.txt", "/only.txt", "/large.bin"] { #expect(visitor.get(path).status == 200) }
    #expect(visitor.handler.cachedFiles == 3 && visitor.handler.openFiles == 1)
    release("v2", in: tree)
    visitor.pass(seconds: 1)
    #expect(visitor.get("/only.txt").status == 404)
    #expect(visitor.handler.cachedFiles == 0 && visitor.handler.openFiles == 0)
  }

  @Test func `a path in the new directory does not lead out of it`() throws {
    let tree = deployment()
    tree.file("secret.txt", "TOPSECRET")
    tree.link("v2/out.txt", to: "../secret.txt")
    tree.link("v2/old.txt", to: "../v1/a.txt")
    let visitor = try Visitor(tree) { $0.root = tree.absolute("current") }
    #expect(visitor.get("/a.txt").body == "v1")
    release("v2", in: tree)
    visitor.pass(seconds: 1)
    for path in ["/out.txt", "/old.txt"] {
      #expect(visitor.get(path).status == 404, "\(path)")
    }
    #expect(visitor.get("/a.txt").body == "v2")
  }
}

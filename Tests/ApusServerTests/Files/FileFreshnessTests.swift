import Apus
import ApusRing
import ApusTestSupport
import Testing

/// The cache against a file system that changes: never more than a second behind, and
/// not one look in between.
@Suite struct FileFreshnessTests {
  /// Writes a file and makes it look old, so that its tag is strong.
  private func write(_ tree: TemporaryTree, _ name: String, _ text: String, age seconds: Int = 0) {
    tree.file("html/\(name)", text)
    tree.touch("html/\(name)", seconds: Visitor.fileTime - seconds)
  }

  @Test func `within a second of a look, a file is answered from memory alone`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/range.txt").length == 1000)
    visitor.tree.remove("html/range.txt")
    visitor.pass(seconds: 0.999)
    #expect(visitor.get("/range.txt").length == 1000)
    visitor.pass(seconds: 0.001)
    #expect(visitor.get("/range.txt").status == 404)
    #expect(visitor.handler.cachedFiles == 0)
  }

  @Test func `each look is good for one second`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/range.txt").status == 200)
    for _ in 0..<3 {
      visitor.pass(seconds: 1)
      #expect(visitor.get("/range.txt").status == 200)
    }
    visitor.tree.remove("html/range.txt")
    visitor.pass(seconds: 1)
    #expect(visitor.get("/range.txt").status == 404)
  }

  @Test func `a file that comes into being is there at once`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/new.txt").status == 404)
    write(visitor.tree, "new.txt", "new")
    #expect(visitor.get("/new.txt").body == "new")
  }

  @Test func `a file replaced by rename is new after a second`() throws {
    let visitor = try Visitor(fixture())
    write(visitor.tree, "a.txt", "old")
    #expect(visitor.get("/a.txt").body == "old")
    // The same size and modification time: only the file itself is another.
    write(visitor.tree, "b.txt", "new")
    visitor.tree.rename("html/b.txt", to: "html/a.txt")
    visitor.pass(seconds: 1)
    #expect(visitor.get("/a.txt").body == "new")
  }

  @Test func `a file rewritten in place is new after a second, even with its time set back`() throws {
    let visitor = try Visitor(fixture())
    write(visitor.tree, "a.txt", "old")
    #expect(visitor.get("/a.txt").body == "old")
    write(visitor.tree, "a.txt", "new")
    visitor.pass(seconds: 1)
    #expect(visitor.get("/a.txt").body == "new")
  }

  @Test func `a file that was rewritten within its own second is new after a second`() throws {
    let visitor = try Visitor(fixture())
    let now = Int(visitor.unixSeconds)
    visitor.tree.file("html/a.txt", "old")
    visitor.tree.touch("html/a.txt", seconds: now)
    #expect(visitor.get("/a.txt").body == "old")
    #expect(visitor.get("/a.txt")["etag"]?.hasPrefix("W/") == true)
    visitor.tree.file("html/a.txt", "new")
    visitor.tree.touch("html/a.txt", seconds: now)
    visitor.pass(seconds: 1)
    #expect(visitor.get("/a.txt").body == "new")
  }

  @Test func `a truncated file is short after a second`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/range.txt").length == 1000)
    visitor.tree.truncate("html/range.txt", to: 10)
    visitor.pass(seconds: 1)
    #expect(visitor.get("/range.txt").body == "abcdefghij")
    #expect(visitor.get("/range.txt", "Range: bytes=10-").status == 416)
  }

  @Test func `a file that becomes a directory, a link or a FIFO is no longer served`() throws {
    for kind in 0..<3 {
      let visitor = try Visitor(fixture())
      #expect(visitor.get("/range.txt").status == 200)
      visitor.tree.remove("html/range.txt")
      switch kind {
      case 0: visitor.tree.directory("html/range.txt")
      case 1: visitor.tree.link("html/range.txt", to: "../secret.txt")
      default: visitor.tree.fifo("html/range.txt")
      }
      visitor.pass(seconds: 1)
      #expect(visitor.get("/range.txt").status == (kind == 0 ? 301 : 404))
      #expect(visitor.handler.cachedFiles == 0)
    }
  }

  @Test func `a large file that is written to is new at once, not cut off`() throws {
    let visitor = try Visitor(fixture())
    write(visitor.tree, "large.bin", String(repeating: "x", count: 100_000))
    #expect(visitor.get("/large.bin").length == 100_000)
    write(visitor.tree, "large.bin", String(repeating: "y", count: 90_000), age: 5)
    let reply = visitor.get("/large.bin")
    #expect(reply.length == 90_000)
    #expect(reply.sentBody()?.first == UInt8(ascii: "y"))
  }

  @Test func `a large file that changes under an answer ends it, short`() throws {
    let visitor = try Visitor(fixture())
    write(visitor.tree, "large.bin", String(repeating: "x", count: 100_000))
    let reply = visitor.get("/large.bin")
    visitor.tree.truncate("html/large.bin", to: 50_000)
    #expect(reply.sentBody() == nil)
  }

  @Test func `an answer in flight keeps its bytes when the file changes`() throws {
    let visitor = try Visitor(fixture())
    let reply = visitor.get("/range.txt")
    visitor.tree.truncate("html/range.txt", to: 0)
    visitor.pass(seconds: 1)
    #expect(visitor.get("/range.txt").length == 0)
    #expect(reply.body?.utf8.count == 1000)
  }

  @Test func `the index that a directory has is looked for anew`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/").body == "OK")
    visitor.tree.remove("html/index.html")
    visitor.pass(seconds: 1)
    #expect(visitor.get("/").status == 404)
  }

  @Test func `without a cache every answer is the file of this moment`() throws {
    let visitor = try Visitor(fixture()) { $0.cacheBytes = 0 }
    write(visitor.tree, "a.txt", "old")
    #expect(visitor.get("/a.txt").body == "old")
    write(visitor.tree, "a.txt", "newer")
    #expect(visitor.get("/a.txt").body == "newer")
    visitor.tree.remove("html/a.txt")
    #expect(visitor.get("/a.txt").status == 404)
    #expect(visitor.handler.cachedFiles == 0)
  }

  @Test func `contents in memory stay within the bound`() throws {
    let tree = fixture()
    for index in 0..<20 { write(tree, "\(index).txt", String(repeating: "x", count: 1000)) }
    let visitor = try Visitor(tree) { $0.cacheBytes = 5000 }
    for round in 0..<3 {
      for index in 0..<20 {
        #expect(visitor.get("/\(index).txt").length == 1000, "round \(round)")
        #expect(visitor.handler.cachedBytes <= 5000)
      }
    }
    #expect(visitor.handler.cachedFiles == 5)
  }

  @Test func `a file larger than the whole cache is served without it`() throws {
    let visitor = try Visitor(fixture()) { $0.cacheBytes = 500 }
    #expect(visitor.get("/sub/index.html").body == "SUB")
    #expect(visitor.get("/range.txt").length == 1000)
    #expect(visitor.handler.cachedFiles == 1)
  }

  @Test func `an open file that rests is closed when another is looked for`() throws {
    let visitor = try Visitor(fixture())
    write(visitor.tree, "large.bin", String(repeating: "x", count: 100_000))
    #expect(visitor.get("/large.bin").length == 100_000)
    #expect(visitor.handler.openFiles == 1)
    visitor.pass(seconds: 9)
    #expect(visitor.get("/range.txt").status == 200)
    #expect(visitor.handler.openFiles == 1)
    visitor.pass(seconds: 2)
    #expect(visitor.get("/range.txt").status == 200)
    #expect(visitor.handler.openFiles == 0)
    #expect(visitor.get("/large.bin").length == 100_000)
  }

  @Test func `a small file that is not in memory yet is served from the disk, then from memory`() throws {
    let visitor = try Visitor(fixture())
    visitor.tree.evict("html/range.txt")
    let first = visitor.get("/range.txt")
    #expect(first.length == 1000)
    #expect(first.sentBody()?.count == 1000)
    // Sending it has brought it into memory.
    let second = visitor.get("/range.txt")
    #expect(second.body?.utf8.count == 1000)
    #expect(visitor.handler.openFiles == 0)
  }
}

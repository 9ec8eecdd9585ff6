import Apus
import ApusRing
import ApusTestSupport
import ApusWire
import Glibc
import Testing

@Suite struct FileAnswerTests {
  @Test func `a file is answered with its type, length, validators and content`() throws {
    let visitor = try Visitor(fixture())
    let reply = visitor.get("/range.txt")
    #expect(reply.status == 200)
    #expect(reply.length == 1000)
    #expect(reply["content-type"] == "text/plain; charset=utf-8")
    #expect(reply["last-modified"] == "Tue, 05 Mar 2024 06:07:08 GMT")
    #expect(reply["accept-ranges"] == "bytes")
    #expect(reply["etag"]?.hasPrefix("\"") == true)
    #expect(reply.body?.hasPrefix("abcdefghijklmnopqrstuvwxyzabc") == true)
  }

  @Test func `the entity tag is modification time in nanoseconds and size, in hexadecimal`() throws {
    let tree = fixture()
    tree.touch("html/range.txt", seconds: 0x10, nanoseconds: 5)
    let reply = try Visitor(tree).get("/range.txt")
    #expect(reply["etag"] == "\"\(String(16_000_000_005, radix: 16))-3e8\"")
  }

  @Test func `an empty file has length 0 and no body`() throws {
    let reply = try Visitor(fixture()).get("/empty.txt")
    #expect(reply.status == 200)
    #expect(reply.length == 0)
  }

  @Test func `HEAD says what GET says`() throws {
    let visitor = try Visitor(fixture())
    let (get, head) = (visitor.get("/range.txt"), visitor.head("/range.txt"))
    #expect(head.status == 200)
    #expect(head.length == 1000)
    #expect(head.fields.map(\.name) == get.fields.map(\.name))
    #expect(head.fields.map(\.value) == get.fields.map(\.value))
  }

  @Test func `a directory's slash leads to its index, and the first name that is there wins`() throws {
    let tree = fixture()
    let visitor = try Visitor(tree) { $0.index = ["main.htm", "index.html"] }
    #expect(visitor.get("/").body == "OK")
    #expect(visitor.get("/sub/").body == "SUB")
    #expect(visitor.get("/sub/")["content-type"] == "text/html; charset=utf-8")
    tree.file("html/sub/main.htm", "MAIN")
    visitor.pass(seconds: 1)
    #expect(visitor.get("/sub/").body == "MAIN")
    #expect(visitor.get("/bare/").status == 404)
  }

  @Test func `an index that is a directory is passed over`() throws {
    let tree = fixture()
    tree.directory("html/bare/index.html")
    #expect(try Visitor(tree).get("/bare/").status == 404)
  }

  @Test func `without index names a directory is not found`() throws {
    let visitor = try Visitor(fixture()) { $0.index = [] }
    #expect(visitor.get("/sub/").status == 404)
    #expect(visitor.get("/sub/index.html").body == "SUB")
  }

  @Test func `names with spaces and beyond ASCII are found by their decoded form`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/sp%20ace.txt").body == "sp")
    #expect(visitor.get("/%E2%9C%93.txt").body == "ck")
  }

  @Test func `a missing file is 404, and so is a file requested as a directory`() throws {
    let visitor = try Visitor(fixture())
    for path in ["/no-such", "/range.txt/", "/range.txt/x", "/RANGE.TXT", "/sub/no", "/no/such/"] {
      let reply = visitor.get(path)
      #expect(reply.status == 404, "\(path)")
      #expect(reply["content-type"] == "text/plain; charset=utf-8")
    }
    #expect(visitor.get("/" + String(repeating: "a/", count: 2200)).status == 404)
  }

  @Test func `names that begin with a dot are not there`() throws {
    let visitor = try Visitor(fixture())
    for path in ["/.hidden", "/sub/.git/config", "/sub/.git/", "/sub/.git"] {
      #expect(visitor.get(path).status == 404, "\(path)")
    }
    #expect(visitor.get("/.well-known/security.txt").body == "Contact")
  }

  @Test func `well-known counts at the top only, and hides its own dot files`() throws {
    let tree = fixture()
    tree.directory("html/sub/.well-known")
    tree.file("html/sub/.well-known/x", "x")
    tree.file("html/.well-known/.x", "x")
    tree.directory("html/.well-known-not")
    tree.file("html/.well-known-not/x", "x")
    let visitor = try Visitor(tree)
    for path in ["/sub/.well-known/x", "/.well-known/.x", "/.well-known-not/x"] {
      #expect(visitor.get(path).status == 404, "\(path)")
    }
  }

  @Test func `hidden files are served where that was asked for`() throws {
    let visitor = try Visitor(fixture()) { $0.servesHiddenFiles = true }
    #expect(visitor.get("/.hidden").body == "hid")
    #expect(visitor.get("/sub/.git/config").body == "c")
  }

  @Test func `links out of the root are not there, links inside are followed`() throws {
    let tree = fixture()
    let inside = try Visitor(tree)
    #expect(inside.get("/link-out.txt").status == 404)
    #expect(inside.get("/link-in.txt").length == 1000)
    let never = try Visitor(tree) { $0.symbolicLinks = .never }
    #expect(never.get("/link-in.txt").status == 404)
    let any = try Visitor(tree) { $0.symbolicLinks = .any }
    #expect(any.get("/link-out.txt").body == "TOPSECRET")
  }

  @Test(.timeLimit(.minutes(10))) func `a FIFO is not there, and nothing waits for it`() throws {
    let tree = fixture()
    tree.fifo("html/fifo")
    #expect(try Visitor(tree).get("/fifo").status == 404)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file that may not be read is forbidden`() throws {
    let tree = fixture()
    tree.chmod("html/range.txt", 0)
    #expect(try Visitor(tree).get("/range.txt").status == 403)
  }

  @Test func `other methods are refused with what is allowed, OPTIONS says so`() throws {
    let visitor = try Visitor(fixture())
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
      let reply = visitor.ask(method, "/range.txt")
      #expect(reply.status == 405)
      #expect(reply["allow"] == "GET, HEAD, OPTIONS")
    }
    let options = visitor.ask("OPTIONS", "/range.txt", ["If-None-Match: *"])
    #expect(options.status == 204)
    #expect(options["allow"] == "GET, HEAD, OPTIONS")
    #expect(options.body == "")
  }

  /// One answer of each status that a file's handler gives.
  private func everyAnswer(_ visitor: Visitor) -> [Reply] {
    let tag = visitor.get("/range.txt")["etag"] ?? ""
    return [
      visitor.get("/range.txt"), visitor.ask("OPTIONS", "/"), visitor.get("/range.txt", "Range: bytes=0-1"),
      visitor.get("/sub"), visitor.get("/range.txt", "If-None-Match: \(tag)"), visitor.get("/no-such"),
      visitor.ask("POST", "/"), visitor.get("/range.txt", "If-Match: \"nope\""),
      visitor.get("/range.txt", "Range: bytes=5000-"), visitor.head("/no-such"),
    ]
  }

  @Test func `configured fields are on answers of 2xx and 3xx, and on no other`() throws {
    let visitor = try Visitor(fixture()) {
      $0.fields = [ResponseField("Cache-Control", "max-age=31536000"), ResponseField("X-A", "a")]
    }
    let replies = everyAnswer(visitor)
    #expect(replies.map(\.status) == [200, 204, 206, 301, 304, 404, 405, 412, 416, 404])
    for reply in replies {
      #expect(reply["cache-control"] == (reply.status < 400 ? "max-age=31536000" : nil), "\(reply.status)")
      #expect(reply["x-a"] == (reply.status < 400 ? "a" : nil), "\(reply.status)")
    }
  }

  @Test func `fields that are always there are on every answer, beside the others`() throws {
    let visitor = try Visitor(fixture()) {
      $0.fields = [ResponseField("X-A", "a")]
      $0.alwaysFields = [ResponseField("X-Frame-Options", "DENY")]
    }
    let replies = everyAnswer(visitor) + [visitor.ask("BREW", "/range.txt")]
    #expect(replies.last?.status == 501)
    for reply in replies {
      #expect(reply["x-frame-options"] == "DENY", "\(reply.status)")
      #expect(reply["x-a"] == (reply.status < 400 ? "a" : nil), "\(reply.status)")
    }
  }

  @Test func `a response has one of two fields of a name: the one for its status, if there is one`() throws {
    let visitor = try Visitor(fixture()) {
      $0.fields = [ResponseField("cache-control", "max-age=60")]
      $0.alwaysFields = [ResponseField("Cache-Control", "no-store")]
    }
    for reply in everyAnswer(visitor) {
      let values = reply.fields.filter { $0.name.lowercased() == "cache-control" }.map(\.value)
      #expect(values == [reply.status < 400 ? "max-age=60" : "no-store"], "\(reply.status)")
    }
  }

  @Test func `below a mount point the rest of the path names the file`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.ask("GET", "/assets/range.txt", below: "/assets").length == 1000)
    #expect(visitor.ask("GET", "/assets/", below: "/assets").body == "OK")
    #expect(visitor.ask("GET", "/assets/sub/", below: "/assets").body == "SUB")
    #expect(visitor.ask("GET", "/assets", below: "/assets")["location"] == "/assets/")
    #expect(visitor.ask("GET", "/assets/sub", below: "/assets")["location"] == "/assets/sub/")
    // The index is known by now; without its slash the mount point is told to come back all the same.
    #expect(visitor.ask("GET", "/assets", below: "/assets").status == 301)
  }

  @Test func `a large file is sent from the file, piece by piece`() throws {
    let tree = fixture()
    let expected = pattern(700_001)
    tree.file("html/large.bin", expected)
    tree.touch("html/large.bin", seconds: Visitor.fileTime)
    let visitor = try Visitor(tree)
    let reply = visitor.get("/large.bin")
    #expect(reply.length == 700_001)
    #expect(reply.body == nil)
    expectSame(try #require(reply.sentBody()), expected)
    let part = visitor.get("/large.bin", "Range: bytes=1-600000")
    #expect(part.status == 206)
    expectSame(try #require(part.sentBody()), expected[1...600_000])
  }

  @Test func `a root that is not there is said so`() {
    #expect(throws: FileError.notFound) { try FileHandler(StaticFiles(root: "/no/such/root")) }
  }
}

import Apus
import ApusTestSupport
import ApusWire
import Testing

/// Files by the escapes of their names, and what is none of theirs.
@Suite struct EscapedNameTests {
  @Test func `a name that is not UTF-8 is served by its escapes`() throws {
    let tree = fixture()
    tree.file(named: Array("html/caf".utf8) + [0xE9] + Array(".txt".utf8), "latin")
    tree.file(named: Array("html/".utf8) + [0xC0, 0xAF], "bytes")
    tree.directory(named: Array("html/d".utf8) + [0xFF])
    tree.file(named: Array("html/d".utf8) + [0xFF] + Array("/index.html".utf8), "index")
    let visitor = try Visitor(tree)
    for _ in 0..<2 {
      let reply = visitor.get("/caf%E9.txt")
      #expect(reply.body == "latin" && reply["content-type"] == "text/plain; charset=utf-8")
      #expect(visitor.get("/%c0%af").body == "bytes")
      #expect(visitor.get("/d%ff/").body == "index")
    }
    #expect(visitor.get("/d%fF")["location"] == "/d%FF/")
    #expect(visitor.get("/caf%C3%A9.txt").status == 404)
  }

  @Test func `a name that looks like an escape is served by the escape of its percent sign`() throws {
    let tree = fixture()
    let names = ["a%2Fb", "a%2fb", "a%252Fb", "50%25", "100%", "a\\b"]
    for name in names {
      tree.file("html/\(name).txt", name)
      tree.directory("html/\(name)")
      tree.file("html/\(name)/index.html", "in \(name)")
    }
    let visitor = try Visitor(tree)
    for name in names {
      let target = "/" + name.replacing("%", with: "%25").replacing("\\", with: "%5C")
      for _ in 0..<2 {
        #expect(visitor.get(target + ".txt").body == name)
        #expect(visitor.get(target)["location"] == target + "/")
        #expect(visitor.get(target + "/").body == "in \(name)")
      }
    }
  }

  @Test func `an escaped slash leads to no file, and the answer says so`() throws {
    let visitor = try Visitor(fixture())
    #expect(visitor.get("/sub/index.html").body == "SUB")
    for target in [
      "/sub%2Findex.html", "/sub%2findex.html", "/sub%2F", "/%2Findex.html", "/a%252F%2F", "/%2f",
    ] {
      let reply = visitor.get(target)
      #expect(reply.status == 400, "\(target)")
      #expect(reply.body == "400 Bad Request: the path holds an escaped slash, and no file's name does\n")
    }
    #expect(visitor.head("/sub%2Findex.html").status == 400)
    #expect(visitor.ask("POST", "/sub%2Findex.html").status == 405)
  }

  @Test func `no spelling of a path leads out of the root, or to what is hidden`() throws {
    let tree = fixture()
    // What a second reading of the path would find.
    tree.file("html/..secret.txt", "near")
    let visitor = try Visitor(tree)
    let slashes = [
      "/", "//", "%2f", "%2F", "%5c", "%5C", "\\", "%252f", "%25252F", "%c0%af", "/./", "%2f/", ";/",
    ]
    let dots = [
      "..", "%2e%2e", ".%2E", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae.", "..%20", "..%25", "%2e%2E;",
    ]
    for (name, content) in [("secret.txt", "TOPSECRET"), ("html/.hidden", "hid")] {
      for slash in slashes {
        for dot in dots {
          for start in ["", "sub", "bare/x", "%2f"] {
            let target = "/\(start)\(slash)\(dot)\(slash)\(dot)\(slash)\(name)"
            for target in [target, "/\(dot)\(slash)\(name)", "/sub/\(dot)\(slash)\(name)"] {
              guard Self.hasNormalForm(target) else { continue }
              let reply = visitor.get(target)
              #expect(reply.status >= 400 && reply.body?.contains(content) == false, "\(target)")
            }
          }
        }
      }
    }
    for target in ["/%2ehidden", "/sub/%2Egit/config", "/sub/.git%2fconfig", "/.hidden%2f", "/%2f.hidden"] {
      #expect(visitor.get(target).status >= 400, "\(target)")
    }
  }

  private static func hasNormalForm(_ target: String) -> Bool {
    let bytes = Array(target.utf8)
    var fault: TargetError?
    _ = [UInt8](capacity: bytes.count) { fault = TargetPath.normalise(bytes.span, into: &$0) }
    return fault == nil
  }
}

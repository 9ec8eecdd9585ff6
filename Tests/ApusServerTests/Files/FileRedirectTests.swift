import Apus
import ApusTestSupport
import Testing

@Suite struct FileRedirectTests {
  @Test func `a directory without its slash is redirected, and the query goes along`() throws {
    let visitor = try Visitor(fixture())
    let reply = visitor.get("/sub")
    #expect(reply.status == 301)
    #expect(reply["location"] == "/sub/")
    #expect(visitor.get("/sub?a=1&b=%2F")["location"] == "/sub/?a=1&b=%2F")
    #expect(visitor.get("/sub?")["location"] == "/sub/?")
    #expect(visitor.head("/sub").status == 301)
  }

  @Test func `the location is escaped again`() throws {
    let tree = fixture()
    for name in ["a b", "50%", "ü", "q?x", "h#x", "\"<>", "~!$&'()*+,;=:@"] {
      tree.directory("html/\(name)")
    }
    let visitor = try Visitor(tree)
    #expect(visitor.get("/a%20b")["location"] == "/a%20b/")
    #expect(visitor.get("/50%25")["location"] == "/50%25/")
    #expect(visitor.get("/%c3%bc")["location"] == "/%C3%BC/")
    #expect(visitor.get("/q%3Fx")["location"] == "/q%3Fx/")
    #expect(visitor.get("/h%23x")["location"] == "/h%23x/")
    #expect(visitor.get("/%22%3C%3E")["location"] == "/%22%3C%3E/")
    #expect(visitor.get("/~!$&'()*+,;=:@")["location"] == "/~!$&'()*+,;=:@/")
  }

  @Test func `no redirect leads to another host`() throws {
    let tree = fixture()
    tree.directory("html/evil.test")
    let visitor = try Visitor(tree)
    for target in ["//evil.test", "///evil.test", "/.//evil.test", "//sub/..//evil.test", "/%2e//evil.test"] {
      let location = visitor.get(target)["location"]
      #expect(location == "/evil.test/", "\(target)")
    }
  }
}

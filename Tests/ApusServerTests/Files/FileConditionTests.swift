import Apus
import ApusTestSupport
import Testing

/// RFC 9110 sections 13 and 14 on a file of 1,000 bytes, modified on 5 March 2024 at 06:07:08.
@Suite struct FileConditionTests {
  private static let modified = "Tue, 05 Mar 2024 06:07:08 GMT"
  private static let dayBefore = "Mon, 04 Mar 2024 06:07:08 GMT"
  private static let dayAfter = "Wed, 06 Mar 2024 06:07:08 GMT"

  private let visitor: Visitor
  private let tag: String

  init() throws {
    visitor = try Visitor(fixture())
    tag = try #require(visitor.get("/range.txt")["etag"])
  }

  private func status(_ fields: String...) -> UInt16 { visitor.ask("GET", "/range.txt", fields).status }

  @Test func `If-None-Match compares weakly, and beats If-Modified-Since`() {
    #expect(status("If-None-Match: \(tag)") == 304)
    #expect(status("If-None-Match: W/\(tag)") == 304)
    #expect(status("If-None-Match: \"a,b\", \(tag)") == 304)
    #expect(status("If-None-Match: *") == 304)
    #expect(status("If-None-Match: \"nope\"") == 200)
    #expect(status("If-None-Match: \"nope\"", "If-Modified-Since: \(Self.modified)") == 200)
    #expect(status("If-None-Match: \(tag)", "If-Modified-Since: \(Self.dayBefore)") == 304)
  }

  @Test func `If-Modified-Since compares with the file's second`() {
    #expect(status("If-Modified-Since: \(Self.modified)") == 304)
    #expect(status("If-Modified-Since: \(Self.dayAfter)") == 304)
    #expect(status("If-Modified-Since: \(Self.dayBefore)") == 200)
    #expect(status("If-Modified-Since: garbage") == 200)
  }

  @Test func `If-Match compares strongly, and beats If-Unmodified-Since`() {
    #expect(status("If-Match: \(tag)") == 200)
    #expect(status("If-Match: *") == 200)
    #expect(status("If-Match: \"nope\"") == 412)
    #expect(status("If-Match: W/\(tag)") == 412)
    #expect(status("If-Match: \(tag)", "If-Unmodified-Since: \(Self.dayBefore)") == 200)
    #expect(status("If-Match: \"nope\"", "If-None-Match: \(tag)") == 412)
  }

  @Test func `If-Unmodified-Since fails for a file that is newer`() {
    #expect(status("If-Unmodified-Since: \(Self.modified)") == 200)
    #expect(status("If-Unmodified-Since: \(Self.dayBefore)") == 412)
  }

  @Test func `304 carries the tag and neither type, length nor body`() {
    let reply = visitor.get("/range.txt", "If-None-Match: \(tag)")
    #expect(reply["etag"] == tag)
    #expect(reply["content-type"] == nil)
    #expect(reply["last-modified"] == nil)
    #expect(reply.body == "")
  }

  @Test func `conditions do not turn what is missing into something else`() {
    for field in ["If-None-Match: *", "If-Modified-Since: \(Self.dayAfter)", "Range: bytes=0-4"] {
      #expect(visitor.get("/no-such", field).status == 404)
    }
  }

  @Test(arguments: [
    ("bytes=0-4", 0, 4), ("bytes=995-", 995, 999), ("bytes=-5", 995, 999), ("bytes=0-99999", 0, 999),
    ("bytes=0-0", 0, 0), ("bytes=999-999", 999, 999), ("bytes=-500", 500, 999),
  ])
  func `a single range is sent as 206`(range: String, first: Int, last: Int) {
    let reply = visitor.get("/range.txt", "Range: \(range)")
    #expect(reply.status == 206)
    #expect(reply["content-range"] == "bytes \(first)-\(last)/1000")
    let expected = (first...last).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    #expect(reply.body.map { Array($0.utf8) } == expected)
    #expect(reply["etag"] == tag)
  }

  @Test func `a range past the end is 416 and names the size`() {
    let reply = visitor.get("/range.txt", "Range: bytes=1000-")
    #expect(reply.status == 416)
    #expect(reply["content-range"] == "bytes */1000")
    #expect(visitor.get("/range.txt", "Range: bytes=-0").status == 416)
  }

  @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=0-99", "bytes=-5", "bytes=0-,5-"])
  func `a range that begins where an empty file does is all of it`(range: String) throws {
    let tag = try #require(visitor.get("/empty.txt")["etag"])
    for fields in [[], ["If-Range: \(tag)"], ["If-Range: \"nope\""]] {
      for method in ["GET", "HEAD"] {
        let reply = visitor.ask(method, "/empty.txt", ["Range: \(range)"] + fields)
        #expect(reply.status == 200 && reply.length == 0, "\(method) \(fields)")
        #expect(reply["content-range"] == nil && reply["etag"] == tag)
      }
    }
    #expect(visitor.get("/empty.txt", "Range: \(range)", "If-None-Match: \(tag)").status == 304)
    #expect(visitor.get("/empty.txt", "Range: \(range)", "If-Match: \"nope\"").status == 412)
  }

  @Test func `a range behind the end of an empty file is 416`() {
    for range in ["bytes=1-", "bytes=1-5", "bytes=-0"] {
      let reply = visitor.get("/empty.txt", "Range: \(range)")
      #expect(reply.status == 416, "\(range)")
      #expect(reply["content-range"] == "bytes */0")
    }
  }

  @Test func `a field that is no range is ignored`() {
    for range in ["bytes=", "bytes=abc", "bytes=5-4", "lines=0-4", "bytes=0-4,10-14"] {
      #expect(status("Range: \(range)") == 200, "\(range)")
    }
    #expect(status("Range: bytes=0-1", "Range: bytes=4-5") == 200)
  }

  @Test func `a range on HEAD is ignored`() {
    #expect(visitor.head("/range.txt", "Range: bytes=0-4").status == 200)
  }

  @Test func `If-Range lets a range count only for the very same file`() {
    #expect(status("Range: bytes=0-4", "If-Range: \(tag)") == 206)
    #expect(status("Range: bytes=0-4", "If-Range: \(Self.modified)") == 206)
    #expect(status("Range: bytes=0-4", "If-Range: W/\(tag)") == 200)
    #expect(status("Range: bytes=0-4", "If-Range: \(Self.dayAfter)") == 200)
    #expect(status("Range: bytes=0-4", "If-Range: \(Self.dayBefore)") == 200)
    #expect(status("Range: bytes=5000-", "If-Range: \"nope\"") == 200)
    #expect(status("If-Range: \"nope\"") == 200)
  }

  @Test func `conditions come before ranges`() {
    #expect(status("Range: bytes=0-4", "If-None-Match: \(tag)") == 304)
    #expect(status("Range: bytes=0-4", "If-Match: \"nope\"") == 412)
    #expect(status("Range: bytes=5000-", "If-None-Match: \(tag)") == 304)
  }

  @Test func `a young file has a weak tag, which no range can be continued with`() throws {
    visitor.tree.touch("html/range.txt", seconds: Int(visitor.unixSeconds))
    visitor.pass(seconds: 1)
    let young = visitor.get("/range.txt")
    let weak = try #require(young["etag"])
    #expect(weak.hasPrefix("W/\""))
    #expect(status("Range: bytes=0-4", "If-Range: \(weak)") == 200)
    #expect(status("Range: bytes=0-4", "If-Range: \(young["last-modified"] ?? "")") == 200)
    #expect(status("If-None-Match: \(weak)") == 304)
    visitor.pass(seconds: 2)
    let strong = try #require(visitor.get("/range.txt")["etag"])
    #expect("W/" + strong == weak)
    #expect(status("Range: bytes=0-4", "If-Range: \(strong)") == 206)
  }

  @Test func `a time in the future is not shown`() {
    visitor.tree.touch("html/range.txt", seconds: Int(visitor.unixSeconds) + 3600)
    visitor.pass(seconds: 1)
    let reply = visitor.get("/range.txt")
    #expect(reply.status == 200)
    #expect(reply["last-modified"] == nil)
    #expect(reply["etag"]?.hasPrefix("W/") == true)
  }
}

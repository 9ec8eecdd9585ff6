import ApusTesting
import ApusWire
import Testing

/// The normal form of paths: decoded once, without dots, inside the root.
struct TargetPathTests {
  private func normalise(_ path: String) -> (String, TargetError?) {
    var fault: TargetError?
    let bytes = wire(path)
    let output = written(max(1, bytes.count)) { output in
      fault = TargetPath.normalise(bytes.span, into: &output)
    }
    return (output, fault)
  }

  @Test(arguments: [
    ("/", "/"), ("", "/"), ("/a", "/a"), ("/a/", "/a/"), ("/a/b.txt", "/a/b.txt"), ("//", "/"),
    ("/a//b", "/a/b"),
    ("///a///", "/a/"), ("/.", "/"), ("/./", "/"), ("/./a", "/a"), ("/a/.", "/a/"), ("/a/./b", "/a/b"),
    ("/a/..", "/"), ("/a/../", "/"), ("/a/../b", "/b"), ("/a/b/..", "/a/"), ("/a/b/../../c", "/c"),
    ("/a//../b", "/b"), ("/a/b/.././../c/", "/c/"), ("/sub/../range.txt", "/range.txt"),
    ("/%61", "/a"), ("/sp%20ace.txt", "/sp ace.txt"), ("/%E2%9C%93.txt", "/\u{E2}\u{9C}\u{93}.txt"),
    ("/%e2%9c%93", "/\u{E2}\u{9C}\u{93}"), ("/a/%2e%2E/b", "/b"), ("/a/%2e/b", "/a/b"), ("/a/.%2e/b", "/b"),
    ("/%3F%23%25", "/?#%"), ("/%252e%252e/x", "/%2e%2e/x"), ("/%253f", "/%3f"), ("/..;/x", "/..;/x"),
    ("/...", "/..."), ("/....//x", "/..../x"), ("/.a", "/.a"), ("/..a", "/..a"), ("/a..", "/a.."),
    ("/.well-known/x", "/.well-known/x"), ("/+", "/+"), ("/%2B", "/+"), ("/%7E", "/~"), ("/a/%2E%2E", "/"),
    ("/%F0%9F%90%A6", "/\u{F0}\u{9F}\u{90}\u{A6}"), ("/%C3%A9", "/\u{C3}\u{A9}"), ("/%C3%A9/../x", "/x"),
  ])
  func `a path has one normal form`(path: String, normal: String) {
    let (output, fault) = normalise(path)
    #expect(output == normal)
    #expect(fault == nil)
  }

  @Test(arguments: [
    ("/..", TargetError.aboveRoot), ("/../secret.txt", .aboveRoot), ("/a/../../b", .aboveRoot),
    ("/%2e%2e/secret.txt", .aboveRoot), ("/%2E./x", .aboveRoot), ("/./../x", .aboveRoot),
    ("//../x", .aboveRoot),
    ("/..//x", .aboveRoot), ("/a/b/../../../c", .aboveRoot), ("/../", .aboveRoot),
    ("/%2f", .separator), ("/%2Fetc/passwd", .separator), ("/..%2fsecret", .separator), ("/%5c", .separator),
    ("/%2e%2e%2fx", .separator), ("/..\\secret.txt", .separator), ("/a\\b", .separator),
    ("/%5C..", .separator),
    ("/sub%2findex.html", .separator),
    ("/%00", .controlByte), ("/range.txt%00.html", .controlByte), ("/a%0d%0aX:1", .controlByte),
    ("/%1F", .controlByte), ("/%7f", .controlByte), ("/%09", .controlByte),
    ("/%", .malformedEscape), ("/%4", .malformedEscape), ("/%zz", .malformedEscape),
    ("/a%", .malformedEscape),
    ("/%4g", .malformedEscape), ("/%u002e", .malformedEscape), ("/%%41", .malformedEscape),
    ("/%+1", .malformedEscape),
    ("/%-1", .malformedEscape), ("/%uff0e", .malformedEscape),
    // Overlong forms, surrogates, past the last character, cut short, continuation without a start.
    ("/%c0%ae%c0%ae/x", .invalidUTF8), ("/%c0%af", .invalidUTF8), ("/%C1%81", .invalidUTF8),
    ("/%e0%80%ae", .invalidUTF8), ("/%f0%80%80%ae", .invalidUTF8), ("/%ED%A0%80", .invalidUTF8),
    ("/%F4%90%80%80", .invalidUTF8), ("/%F5%80%80%80", .invalidUTF8), ("/%E2%9C", .invalidUTF8),
    ("/%E2%9C/x", .invalidUTF8), ("/%80", .invalidUTF8), ("/%E9t%E9", .invalidUTF8), ("/%FF", .invalidUTF8),
    ("/%E2/../x", .invalidUTF8), ("/%C3%", .malformedEscape),
  ])
  func `a path without a normal form is refused and nothing is written`(path: String, error: TargetError) {
    let (output, fault) = normalise(path)
    #expect(fault == error)
    #expect(output == "")
    #expect(error.status == .badRequest)
  }

  @Test func `the result goes behind what is already there`() {
    let output = written(20) { output in
      output.append(ascii: "/srv")
      _ = TargetPath.normalise(wire("/a/../b").span, into: &output)
      _ = TargetPath.normalise(wire("/..").span, into: &output)
    }
    #expect(output == "/srv/b")
  }

  @Test func `15 kilobytes of escapes stay within their own length`() {
    #expect(
      normalise("/" + String(repeating: "%2e", count: 5000)).0 == "/" + String(repeating: ".", count: 5000))
    #expect(normalise("/" + String(repeating: "a/", count: 2200)).1 == nil)
    #expect(
      normalise("/" + String(repeating: "a/", count: 1000) + String(repeating: "../", count: 1000)).0 == "/")
  }

  @Test(arguments: 1...30)
  func `a normal form is its own normal form, and unmarked paths are left as they are`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = ["/", "/", ".", "..", "a", "bc", "%41", "%2e", "%C3%A9", "-", "x.y", "%20"]
    for _ in 0..<200 {
      var path = "/"
      for _ in 0..<Int.random(in: 0...9, using: &generator) {
        path += parts.randomElement(using: &generator)!
      }
      let (normal, fault) = normalise(path)
      let trial = HeadTrialOnce(path)
      if !trial.isMarked { #expect(normal == path && fault == nil, "seed \(seed): \(path)") }
      if fault == nil {
        #expect(normalise(normal).0 == normal, "seed \(seed): \(path)")
        #expect(
          normal.hasPrefix("/") && !normal.contains("//") && !normal.contains("/../"), "seed \(seed): \(path)"
        )
      }
    }
  }

  /// Only what the parser says of a path.
  private struct HeadTrialOnce {
    let isMarked: Bool

    init(_ path: String) {
      var head = RequestHead()
      var table = FieldTable(capacity: 100)
      let bytes = wire("GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n")
      var parser = RequestParser()
      let outcome = parser.parse(bytes.span, into: &head, fields: &table)
      #expect(outcome == .complete)
      isMarked = head.pathNeedsNormalising
    }
  }

  @Test(arguments: [
    ("/", false), ("/a/b", false), ("/.a/..b/...", false), ("/a..", false), ("/.", true), ("/a/../b", true),
    ("/a/.", true), ("/%2e", true), ("/a/%2E./b", true), ("/%2ea", false), ("/%2", false), ("/a/%25", false),
    ("", false),
    ("//", false), ("/a/%2e%2e", true),
  ])
  func `segments that mean here or above are found, escaped or not`(path: String, isFound: Bool) {
    #expect(TargetPath.hasDotSegment(Array(path.utf8).span) == isFound)
  }

  @Test(arguments: [
    ("/a/../b", true), ("/a/%2e.", true), ("/..", true), ("/a/./b", false), ("/a/.", false), ("/...", false),
  ])
  func `segments that mean above are told from those that mean here`(path: String, isFound: Bool) {
    #expect(TargetPath.hasDotSegment(Array(path.utf8).span, leadingUp: true) == isFound)
  }
}

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
    // Bytes need not be UTF-8, and what only looks like a dot or a separator is neither.
    ("/%80", "/\u{80}"), ("/%E9t%E9", "/\u{E9}t\u{E9}"), ("/%FF/%fe", "/\u{FF}/\u{FE}"),
    ("/%E2%9C/x", "/\u{E2}\u{9C}/x"),
    ("/%ED%A0%80", "/\u{ED}\u{A0}\u{80}"), ("/%c0%af", "/\u{C0}\u{AF}"), ("/%c0%aex", "/\u{C0}\u{AE}x"),
    ("/%E2/../x", "/x"), ("/%C0..", "/\u{C0}.."), ("/%E0%80", "/\u{E0}\u{80}"),
    ("/%F0%80%80", "/\u{F0}\u{80}\u{80}"),
    // An encoded slash stays, and so does the percent sign of what would look like one.
    ("/%2f", "/%2F"), ("/%2Fetc/passwd", "/%2Fetc/passwd"), ("/sub%2findex.html", "/sub%2Findex.html"),
    ("/a%2f/../b", "/b"), ("/%252F", "/%252F"), ("/%252f", "/%252f"), ("/%25252F", "/%25252F"),
    ("/%252%46", "/%252F"), ("/%25%32F", "/%252F"), ("/%25%32%35%32%66", "/%25252f"), ("/%25%2F", "/%%2F"),
    ("/%2525", "/%25"), ("/%25252", "/%252"), ("/%25252E", "/%252E"), ("/%252", "/%2"), ("/%25/2F", "/%/2F"),
    ("/2F", "/2F"), ("/%5c", "/\\"), ("/a%5Cb", "/a\\b"), ("/...%2f..x", "/...%2F..x"),
    ("/%2f%2F", "/%2F%2F"),
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
    ("/..\\secret.txt", .backslash), ("/a\\b", .backslash), ("/%5c\\", .backslash),
    ("/..%2fsecret", .hiddenDotSegment), ("/%2e%2e%2fx", .hiddenDotSegment), ("/%5C..", .hiddenDotSegment),
    ("/a%2f.", .hiddenDotSegment), ("/a%2F.%2Fb", .hiddenDotSegment), ("/.%5cb", .hiddenDotSegment),
    ("/%2f%2e%2E/x", .hiddenDotSegment), ("/..%2f..%2fadmin", .hiddenDotSegment),
    ("/x/..%5c", .hiddenDotSegment),
    // Overlong forms of dots and separators, which are none to us.
    ("/%c0%ae%c0%ae/x", .hiddenDotSegment), ("/.%c0%ae", .hiddenDotSegment),
    ("/..%c0%afx", .hiddenDotSegment),
    ("/%e0%80%ae%2fx", .hiddenDotSegment), ("/%f0%80%80%ae", .hiddenDotSegment),
    ("/..%C1%9C", .hiddenDotSegment),
    ("/%00", .controlByte), ("/range.txt%00.html", .controlByte), ("/a%0d%0aX:1", .controlByte),
    ("/%1F", .controlByte), ("/%7f", .controlByte), ("/%09", .controlByte),
    ("/%", .malformedEscape), ("/%4", .malformedEscape), ("/%zz", .malformedEscape),
    ("/a%", .malformedEscape),
    ("/%4g", .malformedEscape), ("/%u002e", .malformedEscape), ("/%%41", .malformedEscape),
    ("/%+1", .malformedEscape),
    ("/%-1", .malformedEscape), ("/%uff0e", .malformedEscape),
    ("/%C3%", .malformedEscape),
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
  func `unmarked paths are left as they are, and no name leads anywhere else`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let path = PathMeaning.randomPath(&generator)
      let (normal, fault) = normalise(path)
      let trial = HeadTrialOnce(path)
      if !trial.isMarked { #expect(normal == path && fault == nil, "seed \(seed): \(path)") }
      if fault == nil {
        #expect(
          normal.hasPrefix("/") && !normal.contains("//") && !normal.contains("/../"), "seed \(seed): \(path)"
        )
      }
    }
  }

  @Test(arguments: 1...60)
  func `two paths share a name if, and only if, they mean the same`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var paths: [String: (path: String, meaning: [[UInt16]])] = [:]
    for _ in 0..<300 {
      let path = PathMeaning.randomPath(&generator)
      let (name, fault) = normalise(path)
      let meaning = PathMeaning.of(path)
      #expect((fault == nil) == (meaning != nil), "seed \(seed): \(path)")
      guard fault == nil, let meaning else { continue }
      if let before = paths[name] {
        #expect(before.meaning == meaning, "seed \(seed): \(path) and \(before.path) are both \(name)")
      }
      paths[name] = (path, meaning)
    }
    let meanings = Set(paths.values.map { $0.meaning })
    #expect(meanings.count == paths.count, "seed \(seed): one meaning has several names")
  }

  @Test(arguments: 1...30)
  func `the path that is written for a name has that name, and undoing it gives what it means`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let path = PathMeaning.randomPath(&generator)
      let (name, fault) = normalise(path)
      guard fault == nil, let meaning = PathMeaning.of(path) else { continue }
      let bytes = wire(name)
      let again = written(3 * bytes.count) { TargetPath.write(bytes.span, into: &$0) }
      #expect(normalise(again) == (name, nil), "seed \(seed): \(path), \(again)")
      let undone = written(bytes.count) { TargetPath.undo(bytes.span, into: &$0) }
      let segments = meaning.map { segment in text(segment.map { UInt8(truncatingIfNeeded: $0) }) }
      #expect(undone == "/" + segments.joined(separator: "/"), "seed \(seed): \(path)")
      let hasSlash = meaning.contains { $0.contains(PathMeaning.encodedSlash) }
      #expect(TargetPath.hasEscapedSlash(bytes.span) == hasSlash, "seed \(seed): \(path)")
      #expect(TargetPath.hasEscapes(bytes.span) == (undone != name), "seed \(seed): \(path)")
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

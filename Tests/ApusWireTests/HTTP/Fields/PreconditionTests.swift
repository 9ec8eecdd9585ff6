import ApusWire
import Testing

/// Conditional requests in the order of RFC 9110 13.2.2.
struct PreconditionTests {
  private static let modified: Int64 = 1_709_618_828
  private static let date = "Tue, 05 Mar 2024 06:07:08 GMT"
  private static let dayBefore = "Mon, 04 Mar 2024 06:07:08 GMT"
  private static let dayAfter = "Wed, 06 Mar 2024 06:07:08 GMT"

  /// Evaluates the conditions in `lines` for a representation tagged `etag`.
  private func evaluate(
    _ lines: String, method: Method = .get, etag: String = "\"x\"", lastModified: Int64? = Self.modified
  ) -> PreconditionOutcome {
    withHead(lines) { known, bytes, fields in
      let tag = wire(etag)
      let validators = Validators(etag: tag.span, lastModified: lastModified)
      return Preconditions.evaluate(method, known, in: bytes, fields: fields, against: validators)
    }
  }

  private func range(
    _ lines: String, method: Method = .get, etag: String = "\"x\"", lastModified: Int64? = Self.modified,
    isStrong: Bool = true
  ) -> ByteRange {
    withHead(lines) { known, bytes, fields in
      let tag = wire(etag)
      let validators = Validators(etag: tag.span, lastModified: lastModified, isLastModifiedStrong: isStrong)
      return Preconditions.requestedRange(
        method, known, in: bytes, fields: fields, against: validators, size: 1000)
    }
  }

  private func withHead<Result>(
    _ lines: String, _ body: (KnownFields, Span<UInt8>, Span<FieldLine>) -> Result
  ) -> Result {
    let bytes = wire("GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n")
    var head = RequestHead()
    var table = FieldTable(capacity: 100)
    var parser = RequestParser()
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    #expect(outcome == .complete)
    return body(head.known, bytes.span, table.span)
  }

  @Test func `a request without conditions proceeds`() {
    #expect(evaluate("X: y") == .proceed)
    #expect(evaluate("Range: bytes=0-4") == .proceed)
  }

  @Test(arguments: [
    ("\"x\"", true), ("W/\"x\"", true), ("*", true), ("\"a\", \"x\"", true), ("\"a\",\"x\"", true),
    ("\"a,b\", \"x\"", true), (",, \"x\" ,", true), ("\"a\" \"x\"", true), ("bogus, \"x\"", true),
    ("\"X\"", false), ("\"nope\"", false), ("x", false), ("\"x", false), ("x\"", false), ("", false),
    ("w/\"x\"", false),
    ("W/ \"x\"", false), ("\"a,\"x\"", false), ("**", false), ("\"*\"", false), ("'x'", false),
  ])
  func `If-None-Match compares weakly and takes lists`(value: String, matches: Bool) {
    let line = "If-None-Match: \(value)"
    #expect(evaluate(line) == (matches ? .notModified : .proceed))
    #expect(evaluate(line, method: .head) == (matches ? .notModified : .proceed))
    #expect(evaluate(line, method: .put) == (matches ? .preconditionFailed : .proceed))
    #expect(evaluate(line, method: .options) == .proceed)
    #expect(evaluate(line, etag: "W/\"x\"") == (matches ? .notModified : .proceed))
  }

  @Test(arguments: [
    ("\"x\"", true), ("*", true), ("\"a\", \"x\"", true), ("W/\"x\"", false), ("\"nope\"", false),
    ("", false),
    ("W/\"x\", \"x\"", true),
  ])
  func `If-Match compares strongly`(value: String, matches: Bool) {
    let line = "If-Match: \(value)"
    #expect(evaluate(line) == (matches ? .proceed : .preconditionFailed))
    #expect(evaluate(line, method: .put) == (matches ? .proceed : .preconditionFailed))
    #expect(evaluate(line, method: .trace) == .proceed)
    #expect(evaluate(line, etag: "W/\"x\"") == (value == "*" ? .proceed : .preconditionFailed))
  }

  @Test func `all lines of a list count`() {
    #expect(evaluate("If-None-Match: \"a\"\r\nIf-None-Match: \"x\"") == .notModified)
    #expect(evaluate("If-Match: \"a\"\r\nif-match: \"x\"") == .proceed)
  }

  @Test func `a representation without a tag matches the asterisk only`() {
    #expect(evaluate("If-None-Match: *", etag: "") == .notModified)
    #expect(evaluate("If-None-Match: \"\"", etag: "") == .proceed)
    #expect(evaluate("If-Match: \"x\"", etag: "") == .preconditionFailed)
  }

  @Test(arguments: [
    (Self.date, true), (Self.dayAfter, true), (Self.dayBefore, false),
    ("Tuesday, 05-Mar-24 06:07:08 GMT", true),
    ("Tue Mar  5 06:07:08 2024", true), ("garbage", false), ("", false), ("0", false),
  ])
  func `If-Modified-Since is for reading and needs a valid date`(date: String, isNotModified: Bool) {
    let line = "If-Modified-Since: \(date)"
    #expect(evaluate(line) == (isNotModified ? .notModified : .proceed))
    #expect(evaluate(line, method: .head) == (isNotModified ? .notModified : .proceed))
    #expect(evaluate(line, method: .post) == .proceed)
    #expect(evaluate(line, lastModified: nil) == .proceed)
    #expect(evaluate("\(line)\r\n\(line)") == .proceed)
  }

  @Test(arguments: [
    (Self.date, true), (Self.dayAfter, true), (Self.dayBefore, false), ("garbage", true), ("", true),
  ])
  func `If-Unmodified-Since fails when the representation is newer`(date: String, proceeds: Bool) {
    let line = "If-Unmodified-Since: \(date)"
    #expect(evaluate(line) == (proceeds ? .proceed : .preconditionFailed))
    #expect(evaluate(line, method: .delete) == (proceeds ? .proceed : .preconditionFailed))
    #expect(evaluate(line, lastModified: nil) == .proceed)
  }

  @Test func `tags decide over dates, and If-Match comes first`() {
    #expect(evaluate("If-None-Match: \"nope\"\r\nIf-Modified-Since: \(Self.date)") == .proceed)
    #expect(evaluate("If-None-Match: \"x\"\r\nIf-Modified-Since: \(Self.dayBefore)") == .notModified)
    #expect(evaluate("If-Match: \"x\"\r\nIf-Unmodified-Since: \(Self.dayBefore)") == .proceed)
    #expect(evaluate("If-Match: \"nope\"\r\nIf-Unmodified-Since: \(Self.dayAfter)") == .preconditionFailed)
    #expect(evaluate("If-Match: \"nope\"\r\nIf-None-Match: \"x\"") == .preconditionFailed)
    #expect(evaluate("If-Match: \"x\"\r\nIf-None-Match: \"x\"") == .notModified)
    #expect(evaluate("If-Unmodified-Since: \(Self.dayBefore)\r\nIf-None-Match: \"x\"") == .preconditionFailed)
  }

  @Test(arguments: [
    ("\"x\"", true), ("W/\"x\"", false), ("\"nope\"", false), ("x", false), (Self.date, true),
    (Self.dayAfter, false),
    (Self.dayBefore, false), ("Tue Mar  5 06:07:08 2024", true), ("\"x\", \"y\"", false), ("*", false),
    ("", false),
  ])
  func `If-Range lets a range count only for exactly this representation`(value: String, counts: Bool) {
    let outcome = range("Range: bytes=0-4\r\nIf-Range: \(value)")
    #expect(outcome == (counts ? .satisfiable(0..<5) : .whole))
    // A false If-Range ignores the range altogether: no 416.
    if !counts { #expect(range("Range: bytes=5000-\r\nIf-Range: \(value)") == .whole) }
  }

  @Test func `a weak validator never allows a range`() {
    #expect(range("Range: bytes=0-4\r\nIf-Range: W/\"x\"", etag: "W/\"x\"") == .whole)
    #expect(range("Range: bytes=0-4\r\nIf-Range: \"x\"", etag: "W/\"x\"") == .whole)
    #expect(range("Range: bytes=0-4\r\nIf-Range: \(Self.date)", isStrong: false) == .whole)
    #expect(range("Range: bytes=0-4\r\nIf-Range: \(Self.date)", lastModified: nil) == .whole)
  }

  @Test func `a range is for GET, and there is one Range field`() {
    #expect(range("Range: bytes=0-4") == .satisfiable(0..<5))
    #expect(range("Range: bytes=1000-") == .unsatisfiable)
    #expect(range("X: y") == .whole)
    #expect(range("If-Range: \"x\"") == .whole)
    #expect(range("Range: bytes=0-4", method: .head) == .whole)
    #expect(range("Range: bytes=0-4", method: .post) == .whole)
    #expect(range("Range: bytes=0-1\r\nRange: bytes=4-5") == .whole)
    #expect(range("Range: bytes=0-4\r\nIf-Range: \"x\"\r\nIf-Range: \"x\"") == .whole)
  }
}

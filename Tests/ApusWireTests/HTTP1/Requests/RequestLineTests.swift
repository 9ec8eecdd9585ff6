import ApusWire
import Testing

/// The request line: method, target, version, and what may stand before it.
struct RequestLineTests {
  @Test(arguments: [
    ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
    ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch), ("get", .other), ("FOO", .other),
    ("M-SEARCH", .other), ("!", .other), ("GETT", .other), ("GE", .other), ("G#T", .other),
    ("BASELINE-CONTROL", .other),
  ])
  func `a method is recognised by its exact token`(token: String, method: Method) {
    let trial = HeadTrial("\(token) / HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(trial.outcome == .complete)
    #expect(trial.head.method == method)
    #expect(trial.method == token)
  }

  @Test func `every known method's name is read back as that method`() {
    for method in Method.allCases where method != .other {
      #expect(Method(wire(method.name).span) == method)
    }
  }

  @Test func `a method in a text reads as in its request line`() {
    #expect("\(Method.get) \(Method.delete) \(Method.other)" == "GET DELETE other")
  }

  @Test(arguments: [
    ("1.0", RequestHead.Version.http10), ("1.1", .http11), ("1.2", .http11), ("1.9", .http11),
  ])
  func `a minor version above one counts as one`(version: String, expected: RequestHead.Version) {
    let trial = HeadTrial("GET / HTTP/\(version)\r\nHost: h\r\n\r\n")
    #expect(trial.outcome == .complete)
    #expect(trial.head.version == expected)
  }

  @Test(arguments: [
    // Version.
    ("GET / HTTP/2.0", WireError.unsupportedVersion), ("GET / HTTP/9.9", .unsupportedVersion),
    ("GET / HTTP/0.9", .unsupportedVersion), ("GET / http/1.1", .malformedVersion),
    ("GET / HTTP/1.10", .malformedVersion), ("GET / HTTP/01.1", .malformedVersion),
    ("GET / HTTP/1", .malformedVersion), ("GET / HTTP/1.", .malformedVersion),
    ("GET / HTTP/1,1", .malformedVersion), ("GET / HTTP/1.1 ", .malformedVersion),
    ("GET / FTP/1.1", .malformedVersion), ("GET / HTTP/1.1\0", .malformedVersion),
    ("GET / HTTP/x.1", .malformedVersion), ("GET / ", .malformedVersion), ("GET /", .malformedVersion),
    // Method.
    (" GET / HTTP/1.1", .invalidMethod), ("\0GET / HTTP/1.1", .invalidMethod),
    ("G\u{FF}T / HTTP/1.1", .invalidMethod), ("GET\t/ HTTP/1.1", .invalidMethod),
    ("GET\0\0 / HTTP/1.1", .invalidMethod), ("\0\0\0 / HTTP/1.1", .invalidMethod),
    ("(GET) / HTTP/1.1", .invalidMethod), ("GET", .missingTarget),
    (String(repeating: "M", count: 33) + " / HTTP/1.1", .methodTooLong),
    // Target.
    ("GET  / HTTP/1.1", .missingTarget), ("GET  HTTP/1.1", .missingTarget),
    ("GET /  HTTP/1.1", .malformedVersion),
    ("GET /a b HTTP/1.1", .malformedVersion), ("GET HTTP/1.1", .malformedVersion),
    ("GET /a\u{01}b HTTP/1.1", .invalidTarget), ("GET /a\u{7F}b HTTP/1.1", .invalidTarget),
    ("GET /\u{FF} HTTP/1.1", .invalidTarget), ("GET /?\u{E9} HTTP/1.1", .invalidTarget),
    ("GET /a\tb HTTP/1.1", .invalidTarget), ("GET /#frag HTTP/1.1", .invalidTarget),
    ("GET /?a#frag HTTP/1.1", .invalidTarget), ("GET /\0 HTTP/1.1", .invalidTarget),
  ])
  func `a malformed request line is refused for its first fault`(line: String, error: WireError) {
    #expect(HeadTrial("\(line)\r\nHost: h\r\n\r\n").outcome == .invalid(error))
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\nHost: h\r\n\r\n", WireError.bareLineFeed), ("GET /\nHost: h\r\n\r\n", .bareLineFeed),
    ("GET\n", .bareLineFeed), ("\nGET / HTTP/1.1\r\n", .bareLineFeed),
    ("\r\n\nGET / HTTP/1.1\r\n", .bareLineFeed), ("GET / HTTP/1.1\rHost: h\r\r", .bareCarriageReturn),
    ("\rGET / HTTP/1.1\r\n", .bareCarriageReturn), ("GET / HTTP/1.1\r\r\n", .bareCarriageReturn),
  ])
  func `a line ends in CRLF and in nothing else`(request: String, error: WireError) {
    #expect(HeadTrial(request).outcome == .invalid(error))
  }

  @Test(arguments: [0, 1, 2])
  func `up to two empty lines may stand before the request line`(count: Int) {
    let lines = String(repeating: "\r\n", count: count)
    let trial = HeadTrial("\(lines)GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
    #expect(trial.outcome == .complete)
    #expect(trial.path == "/x")
    #expect(trial.head.byteCount == 2 * count + 28)
  }

  @Test(arguments: [3, 4, 5000])
  func `more empty lines than two are refused`(count: Int) {
    let lines = String(repeating: "\r\n", count: count)
    #expect(HeadTrial("\(lines)GET / HTTP/1.1\r\n\r\n").outcome == .invalid(.tooManyEmptyLines))
  }

  @Test func `a TLS hello is refused at its first byte`() {
    #expect(HeadTrial(bytes: [0x16]).outcome == .invalid(.invalidMethod))
    #expect(HeadTrial(bytes: [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).outcome == .invalid(.invalidMethod))
  }

  @Test func `the preface of HTTP 2 is refused`() {
    #expect(HeadTrial("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").outcome == .invalid(.targetFormNotAllowed))
  }

  @Test func `bytes after a head are not looked at`() {
    let trial = HeadTrial("GET / HTTP/1.1\r\nHost: h\r\n\r\n\0\u{FF}\n\n")
    #expect(trial.outcome == .complete)
    #expect(trial.head.byteCount == 27)
  }

  @Test(arguments: [
    "", "G", "GET", "GET ", "GET /", "GET /hello", "GET /hello HTTP", "GET /hello HTTP/1.1",
    "GET /hello HTTP/1.1\r",
    "GET /hello HTTP/1.1\r\n", "GET /hello HTTP/1.1\r\nHost", "GET /hello HTTP/1.1\r\nHost: localhost\r",
    "GET /hello HTTP/1.1\r\nHost: localhost\r\n", "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r", "\r",
    "\r\n",
  ])
  func `an unfinished head that is right so far waits for more`(request: String) {
    #expect(HeadTrial(request).outcome == .partial)
  }
}

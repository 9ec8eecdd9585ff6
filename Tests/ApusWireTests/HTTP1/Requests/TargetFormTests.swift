import ApusWire
import Testing

/// The four forms of a request target (RFC 9112 3.2).
struct TargetFormTests {
  private func request(_ line: String, host: String = "localhost") -> String {
    "\(line) HTTP/1.1\r\nHost: \(host)\r\n\r\n"
  }

  @Test func `origin form splits into path and query`() {
    let trial = HeadTrial(request("GET /a/b.txt?x=1&y=?/../"))
    #expect(trial.head.targetForm == .origin)
    #expect(trial.path == "/a/b.txt")
    #expect(trial.query == "x=1&y=?/../")
    #expect(trial.head.pathNeedsNormalising == false)
  }

  @Test func `a question mark with nothing behind it is an empty query`() {
    #expect(HeadTrial(request("GET /?")).query == "")
    #expect(HeadTrial(request("GET /")).query == nil)
  }

  @Test func `two slashes start a path and not an authority`() {
    let trial = HeadTrial(request("GET //localhost/x"))
    #expect(trial.head.targetForm == .origin)
    #expect(trial.path == "//localhost/x")
    #expect(trial.host == "localhost")
  }

  @Test func `bytes that browsers leave unescaped are taken as they are`() {
    let trial = HeadTrial(request("GET /\"<>^`{|}?[x]={|}"))
    #expect(trial.outcome == .complete)
    #expect(trial.path == "/\"<>^`{|}")
  }

  @Test(arguments: [
    "/%41", "//", "/a//b", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/a\\b",
    "/a%2e",
    "/aaaaaaaa/.b", "/aaaaaaa/./", "/aaaaaa/../", "/aaaaaaaaaaaaaaa//", "/aaaaaaaaaaaaaa//x", "/12345678%",
  ])
  func `a path that is not its own normal form is marked`(path: String) {
    let trial = HeadTrial(request("GET \(path)"))
    #expect(trial.path == path)
    #expect(trial.head.pathNeedsNormalising)
  }

  @Test(arguments: [
    "/", "/a", "/a/b", "/a/", "/a.b", "/a..b", "/a./b", "/a../b", "/index.html",
    "/wp-content/uploads/2010/03/x.jpg",
    "/!$&'()*+,;=:@-_~", "/aaaaaaa/b", "/aaaaaa/b./",
  ])
  func `a path that is its own normal form is not marked`(path: String) {
    let trial = HeadTrial(request("GET \(path)"))
    #expect(trial.path == path)
    #expect(!trial.head.pathNeedsNormalising)
  }

  @Test func `a query's bytes do not mark the path`() {
    #expect(!HeadTrial(request("GET /a?%41//../")).head.pathNeedsNormalising)
  }

  @Test func `an absolute target's authority wins over Host`() {
    let trial = HeadTrial(request("GET http://example.org:8080/a?b", host: "other"))
    #expect(trial.head.targetForm == .absolute)
    #expect(trial.head.scheme == .http)
    #expect(trial.host == "example.org:8080")
    #expect(trial.path == "/a")
    #expect(trial.query == "b")
  }

  @Test func `scheme and host of an absolute target are taken in any case`() {
    let trial = HeadTrial(request("GET HTTPS://LOCALHOST:443/"))
    #expect(trial.head.scheme == .https)
    #expect(trial.host == "LOCALHOST:443")
  }

  @Test(arguments: ["http://localhost", "http://localhost?q"])
  func `an absolute target without a path means the root`(target: String) {
    let trial = HeadTrial(request("GET \(target)"))
    #expect(trial.outcome == .complete)
    #expect(trial.path == "")
    #expect(trial.head.pathNeedsNormalising)
    #expect(trial.query == (target.hasSuffix("q") ? "q" : nil))
  }

  @Test func `dots in an absolute target mark its path`() {
    #expect(HeadTrial(request("GET http://localhost/../secret")).head.pathNeedsNormalising)
    #expect(!HeadTrial(request("GET http://localhost/secret")).head.pathNeedsNormalising)
  }

  @Test func `an absolute target does not make up for a missing Host`() {
    #expect(HeadTrial("GET http://h/ HTTP/1.1\r\n\r\n").outcome == .invalid(.missingHost))
  }

  @Test func `the asterisk goes with OPTIONS alone`() {
    let trial = HeadTrial(request("OPTIONS *"))
    #expect(trial.outcome == .complete)
    #expect(trial.head.targetForm == .asterisk)
    #expect(HeadTrial(request("GET *")).outcome == .invalid(.targetFormNotAllowed))
  }

  @Test func `CONNECT takes a host and a port`() {
    let trial = HeadTrial(request("CONNECT example.org:443"))
    #expect(trial.outcome == .complete)
    #expect(trial.head.targetForm == .authority)
    #expect(trial.host == "example.org:443")
    for target in ["example.org", "example.org:", "/", "http://example.org/", "user@example.org:443", ":443"]
    {
      #expect(HeadTrial(request("CONNECT \(target)")).outcome == .invalid(.invalidAuthority))
    }
  }

  @Test(arguments: [
    ("noslash", WireError.targetFormNotAllowed), ("localhost:80", .targetFormNotAllowed),
    ("?x", .targetFormNotAllowed), ("**", .targetFormNotAllowed), ("http:/x", .targetFormNotAllowed),
    ("://x/", .unsupportedScheme), ("ftp://x/", .unsupportedScheme), ("http:///x", .invalidAuthority),
    ("http://user:pw@localhost/", .invalidAuthority), ("http://local host/", .malformedVersion),
    ("http://a,b/", .invalidAuthority), ("http://h:99999/", .invalidAuthority),
    ("http://[::1/", .invalidAuthority),
    ("http://h/#f", .invalidTarget), ("http://h\u{E9}/", .invalidTarget),
  ])
  func `a target that is none of the forms is refused`(target: String, error: WireError) {
    #expect(HeadTrial(request("GET \(target)")).outcome == .invalid(error))
  }
}

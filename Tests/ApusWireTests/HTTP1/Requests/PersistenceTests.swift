import ApusWire
import Testing

/// What a head says about the connection: persistence, expectation, upgrade.
struct PersistenceTests {
  private func head(_ lines: String, version: String = "1.1") -> RequestHead {
    HeadTrial("POST / HTTP/\(version)\r\nHost: h\r\n\(lines)\r\n\r\n").head
  }

  @Test(arguments: [
    ("X: y", true, false), ("Connection: close", false, false), ("Connection: keep-alive", true, true),
    ("cOnNeCtIoN: ClOsE", false, false), ("Connection: keep-alive, close", false, false),
    ("Connection: close, keep-alive", false, false), ("Connection: foo , CLOSE , bar", false, false),
    ("Connection: foo\r\nConnection: close", false, false),
    ("Connection: foo\r\nConnection: Keep-Alive", true, true),
    ("Connection: not-close", true, false), ("Connection: closed", true, false),
    ("Connection: clos", true, false),
    ("Connection: x-foo\r\nX-Foo: 1", true, false), ("Connection:", true, false),
    ("Connection: ,,", true, false),
    ("Connection: \"x, close", false, false), ("Keep-Alive: timeout=1, max=1", true, false),
    ("Connection: keep-alive-not", true, false),
  ])
  func `close wins, in any case, in any line, as a whole token`(lines: String, stays: Bool, staysOld: Bool) {
    #expect(head(lines).keepsAlive == stays)
    #expect(head(lines, version: "1.0").keepsAlive == staysOld)
  }

  @Test func `a client waits for 100 only with a body to send`() {
    let expectation = "Expect: 100-continue"
    #expect(head("\(expectation)\r\nContent-Length: 5").expectsContinue)
    #expect(head("\(expectation)\r\nTransfer-Encoding: chunked").expectsContinue)
    #expect(head("Expect: 100-Continue\r\nexpect: 100-CONTINUE\r\nContent-Length: 5").expectsContinue)
    #expect(!head(expectation).expectsContinue)
    #expect(!head("\(expectation)\r\nContent-Length: 0").expectsContinue)
    #expect(!head("\(expectation)\r\nContent-Length: 5", version: "1.0").expectsContinue)
    #expect(!head("Content-Length: 5").expectsContinue)
  }

  @Test(arguments: ["something-else", "100-continue, other", "100-continue=1", "200-ok"])
  func `an expectation we do not know is answered with 417 and leaves the head usable`(value: String) {
    let request = "POST /x HTTP/1.1\r\nHost: h\r\nExpect: \(value)\r\nContent-Length: 5\r\n\r\n"
    let trial = HeadTrial(request)
    #expect(trial.outcome == .invalid(.unknownExpectation))
    #expect(trial.head.byteCount == request.utf8.count)
    #expect(trial.head.framing == .length(5))
    #expect(trial.head.keepsAlive)
    #expect(trial.fields.count == 3)
  }

  @Test func `HTTP 1_0 expects nothing`() {
    #expect(HeadTrial("GET / HTTP/1.0\r\nExpect: other\r\n\r\n").outcome == .complete)
  }

  @Test func `an upgrade needs both fields and HTTP 1_1`() {
    #expect(head("Connection: Upgrade\r\nUpgrade: websocket").upgradeRequested)
    #expect(head("Upgrade: h2c\r\nConnection: keep-alive, uPgRaDe").upgradeRequested)
    #expect(!head("Upgrade: websocket").upgradeRequested)
    #expect(!head("Connection: Upgrade").upgradeRequested)
    #expect(!head("Connection: Upgrade\r\nUpgrade: websocket", version: "1.0").upgradeRequested)
  }
}

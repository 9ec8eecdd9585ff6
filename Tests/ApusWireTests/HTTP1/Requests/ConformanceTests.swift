import ApusWire
import Testing

/// Attacks and oddities seen in the wild, as whole requests: the byte stream and where it may lead.
///
/// The pieces are tested one by one elsewhere; this table is for reading.
struct ConformanceTests {
  enum Expected: Sendable {
    case served(BodyFraming)
    case refused(UInt16)
    case waits
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let story: String
    let request: String
    let expected: Expected
    var testDescription: String { story }

    init(_ story: String, _ request: String, _ expected: Expected) {
      self.story = story
      self.request = request
      self.expected = expected
    }
  }

  static let cases = [
    Case("a browser", "GET /a HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n", .served(.none)),
    Case(
      "two proxies disagree on length and chunks",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
      .refused(400)),
    Case(
      "chunked hidden behind a vertical tab",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \u{0B}chunked\r\n\r\n", .refused(400)),
    Case(
      "chunked hidden behind a bare CR",
      "POST / HTTP/1.1\r\nHost: h\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n", .refused(400)),
    Case(
      "chunked on a folded line", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
      .refused(400)),
    Case(
      "chunked with a space before the colon",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n",
      .refused(400)),
    Case(
      "chunked, then something else", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, x\r\n\r\n",
      .refused(400)),
    Case(
      "a coding of the future", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: br, chunked\r\n\r\n",
      .refused(501)),
    Case("an octal length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 010\r\n\r\n", .refused(400)),
    Case(
      "a length that wraps", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551621\r\n\r\n",
      .refused(400)),
    Case(
      "two lengths in one line", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 6\r\n\r\n", .refused(400)),
    Case(
      "a length in two lines", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
      .refused(400)),
    Case(
      "an underscore for a dash", "POST / HTTP/1.1\r\nHost: h\r\nContent_Length: 5\r\n\r\n", .served(.none)),
    Case(
      "a head that ends in CR and another byte", "GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n\rX\r\n", .refused(400)
    ),
    Case("a host from two sources", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .refused(400)),
    Case("a host that is a path", "GET / HTTP/1.1\r\nHost: ../../etc\r\n\r\n", .refused(400)),
    Case("no host", "GET / HTTP/1.1\r\n\r\n", .refused(400)),
    Case("an old client", "GET / HTTP/1.0\r\n\r\n", .served(.none)),
    Case("HTTP 0.9", "GET /\r\n", .refused(400)),
    Case("a version to come", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", .served(.none)),
    Case("a version that is not ours", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", .refused(505)),
    Case("an old cache busting an empty line", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .served(.none)),
    Case("a proxy's request", "GET http://h/x HTTP/1.1\r\nHost: other\r\n\r\n", .served(.none)),
    Case("a ping", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", .served(.none)),
    Case("credentials in a target", "GET http://u:p@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .refused(400)),
    Case(
      "an upload that asks first",
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n", .served(.length(9))),
    Case(
      "an expectation nobody knows",
      "PUT / HTTP/1.1\r\nHost: h\r\nExpect: magic\r\nContent-Length: 9\r\n\r\n", .refused(417)),
    Case("a client that is slow", "GET / HTTP/1.1\r\nHost: h\r\n", .waits),
    Case("bytes of another protocol", "\u{16}\u{03}\u{01}", .refused(400)),
  ]

  @Test(arguments: cases)
  func `a request leads where RFC 9112 and prudence say`(example: Case) {
    let trial = HeadTrial(example.request)
    switch (example.expected, trial.outcome) {
    case (.served(let framing), .complete): #expect(trial.head.framing == framing)
    case (.refused(let code), .invalid(let error)): #expect(error.status.code == code)
    case (.waits, .partial): break
    default: Issue.record("\(trial.outcome), expected \(example.expected)")
    }
  }

  @Test func `every fault has its status and a sentence, and all but one close`() {
    for error in WireError.allCases {
      #expect([400, 413, 414, 417, 431, 501, 505].contains(error.status.code), "\(error)")
      #expect(error.explanation.count > 10)
      #expect(error.closes == (error != .unknownExpectation))
    }
    #expect(Set(WireError.allCases.map(\.explanation)).count == WireError.allCases.count)
  }
}

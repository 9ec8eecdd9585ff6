import ApusWire
import Testing

/// Which body follows a head (RFC 9112 6.3): the table on which request smuggling lives.
struct BodyFramingTests {
  private func outcome(_ lines: String, version: String = "1.1") -> HeadTrial {
    HeadTrial("POST /echo HTTP/\(version)\r\nHost: h\r\n\(lines)\r\n\r\n")
  }

  @Test(arguments: [
    ("X: y", BodyFraming.none), ("Content-Length: 0", .none), ("Content-Length: 5", .length(5)),
    ("Content-Length: \t5 ", .length(5)), ("content-length: 1000000", .length(1_000_000)),
    ("Content-Length: 9223372036854775807", .length(9_223_372_036_854_775_807)),
    ("Transfer-Encoding: chunked", .chunked), ("Transfer-Encoding: CHUNKED", .chunked),
    ("transfer-encoding: \tChunked \t", .chunked),
    // An underscore makes another field, and TE is one.
    ("Content_Length: 5", .none), ("Transfer_Encoding: chunked\r\nContent-Length: 5", .length(5)),
    ("TE: trailers\r\nConnection: TE", .none),
  ])
  func `a body is framed by what is said about it once and plainly`(lines: String, framing: BodyFraming) {
    let trial = outcome(lines)
    #expect(trial.outcome == .complete)
    #expect(trial.head.framing == framing)
  }

  @Test(arguments: [
    "abc", "-1", "+5", "5 5", "0x5", "5.0", "5e0", "1_0", "5;", "\"5\"", "9223372036854775808",
    "18446744073709551616", "99999999999999999999999999", "\u{A0}5", "5,", ",5", "5, 5", "5, 6", "", "005",
    "00", "010",
    "\u{B2}", "5 \u{85}",
  ])
  func `a Content-Length that is not a plain number is refused`(value: String) {
    #expect(outcome("Content-Length: \(value)").outcome == .invalid(.invalidContentLength))
  }

  @Test(arguments: ["5\r\nContent-Length: 5", "5\r\nContent-Length: 6", "0\r\nX: y\r\ncontent-length: 0"])
  func `a second Content-Length is refused, the same or another`(lines: String) {
    #expect(outcome("Content-Length: \(lines)").outcome == .invalid(.duplicateContentLength))
  }

  @Test func `an empty Content-Length beside a valid one is refused`() {
    #expect(outcome("Content-Length:\r\nContent-Length: 5").outcome != .complete)
    #expect(outcome("Content-Length: 5\r\nContent-Length:").outcome != .complete)
  }

  @Test(arguments: [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: xchunked\r\nContent-Length: 5", "Transfer-Encoding: chunkedx\r\nContent-Length: 5",
    "Transfer-Encoding:\r\nContent-Length: 5", "Transfer-Encoding: identity\r\nContent-Length: 0",
  ])
  func `Content-Length and Transfer-Encoding together are refused`(lines: String) {
    #expect(outcome(lines).outcome == .invalid(.lengthWithTransferEncoding))
  }

  @Test(arguments: [
    "", ",", ", chunked", "chunked,", "chunked, chunked", "chunked, gzip", "gzip, foo", "identity",
    "identity, chunked", "chunked, identity", "chunked;q=1", "\"chunked\"", "chunked chunked",
    "\u{A0}chunked",
    "chunked\u{85}", "gzip,,chunked", "chunked\r\nTransfer-Encoding: chunked",
    "chunked\r\nTransfer-Encoding: identity", "chunked\r\nTransfer-Encoding: gzip",
    "chunked\r\nTransfer-Encoding:",
    "\r\nTransfer-Encoding: chunked",
  ])
  func `a Transfer-Encoding that does not end in one chunked is refused`(value: String) {
    #expect(outcome("Transfer-Encoding: \(value)").outcome == .invalid(.invalidTransferEncoding))
  }

  @Test(arguments: ["\u{0B}chunked", "\u{0C}chunked", "chunked\0", "\0"])
  func `a control byte around chunked is refused as such`(value: String) {
    #expect(outcome("Transfer-Encoding: \(value)").outcome == .invalid(.invalidFieldValue))
  }

  @Test(arguments: [
    "gzip", "foo", "xchunked", "gzip, chunked", "a, b, chunked", "foo\r\nTransfer-Encoding: chunked",
  ])
  func `a transfer coding that we do not know is not implemented`(value: String) {
    let trial = outcome("Transfer-Encoding: \(value)")
    #expect(trial.outcome == .invalid(.unsupportedTransferCoding))
    #expect(WireError.unsupportedTransferCoding.status == .notImplemented)
  }

  @Test func `HTTP 1_0 has no Transfer-Encoding`() {
    for coding in ["chunked", "gzip", "identity"] {
      #expect(
        outcome("Transfer-Encoding: \(coding)\r\nConnection: keep-alive", version: "1.0").outcome
          == .invalid(.transferEncodingInHTTP10))
    }
    #expect(outcome("Content-Length: 5", version: "1.0").head.framing == .length(5))
  }

  @Test func `any method may have a body`() {
    for method in ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "QUERY"] {
      let trial = HeadTrial("\(method) / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
      #expect(trial.head.framing == .length(3))
    }
  }
}

import ApusWire
import Testing

/// The status line (RFC 9112 4), and lines as such.
struct StatusLineTests {
  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\n\r\n", 200, "OK"), ("HTTP/1.1 204 \r\n\r\n", 204, ""),
      ("HTTP/1.1 500 Out of\tluck\r\n\r\n", 500, "Out of\tluck"), ("HTTP/1.9 599 x\r\n\r\n", 599, "x"),
      ("HTTP/1.1 100 Continue\r\n\r\n", 100, "Continue"), ("HTTP/1.1 404  two\r\n\r\n", 404, " two"),
      ("HTTP/1.1 200 \u{E9}\u{FF}\r\n\r\n", 200, "\u{E9}\u{FF}"), ("HTTP/1.1 304\r\n\r\n", 304, ""),
      ("HTTP/1.1 600 Odd\r\n\r\n", 600, "Odd"),
      ("HTTP/1.1 999 Request denied\r\n\r\n", 999, "Request denied"),
      ("HTTP/1.0 783\r\n\r\n", 783, ""),
    ])
  func `a status line gives its code and its reason`(response: String, code: Int, reason: String) {
    let trial = ResponseTrial(response)
    #expect(trial.outcome == .complete)
    #expect(trial.head.statusCode == code)
    #expect(trial.head.status == (code < 600 ? Status(UInt16(code)) : .internalServerError))
    #expect(trial.reason == reason)
    #expect(trial.head.byteCount == response.unicodeScalars.count)
  }

  @Test func `minor versions beyond 1 count as 1`() {
    #expect(ResponseTrial("HTTP/1.0 200 OK\r\n\r\n").head.version == .http10)
    #expect(ResponseTrial("HTTP/1.1 200 OK\r\n\r\n").head.version == .http11)
    #expect(ResponseTrial("HTTP/1.7 200 OK\r\n\r\n").head.version == .http11)
  }

  @Test(
    arguments: [
      ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion), ("HTTP/0.9 200 OK\r\n\r\n", .unsupportedVersion),
      ("HTTP/1.10 200 OK\r\n\r\n", .malformedStatusLine), ("http/1.1 200 OK\r\n\r\n", .malformedStatusLine),
      ("HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1\t200 OK\r\n\r\n", .malformedStatusLine),
      ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 2000 OK\r\n\r\n", .invalidStatusCode),
      ("HTTP/1.1 099 OK\r\n\r\n", .invalidStatusCode), ("HTTP/1.1 9999 OK\r\n\r\n", .invalidStatusCode),
      ("HTTP/1.1 000 OK\r\n\r\n", .invalidStatusCode), ("HTTP/1.1 9990\r\n\r\n", .invalidStatusCode),
      ("HTTP/1.1 99\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 9x9 OK\r\n\r\n", .malformedStatusLine),
      ("HTTP/1.1 200\tOK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 +20 OK\r\n\r\n", .malformedStatusLine),
      ("HTTP/1.1 200 OK\n\r\n", .bareLineFeed), ("HTTP/1.1 200\n\n", .bareLineFeed),
      ("HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn), ("HTTP/1.1 200\r \r\n\r\n", .bareCarriageReturn),
      ("HTTP/1.1 200 O\u{00}K\r\n\r\n", .malformedStatusLine),
      ("\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStatusLine),
      (" HTTP/1.1 200 OK\r\n\r\n", .malformedStatusLine), ("ICY 200 OK\r\n\r\n", .malformedStatusLine),
      ("<html>", .malformedStatusLine), ("SSH-2.0-OpenSSH_9.2\r\n", .malformedStatusLine),
      ("\u{15}\u{03}\u{01}\u{00}\u{02}\u{02}", .malformedStatusLine), ("\n", .bareLineFeed),
    ] as [(String, WireError)])
  func `a line that is no status line is refused`(response: String, error: WireError) {
    #expect(ResponseTrial(response).outcome == .invalid(error))
  }

  @Test func `every number of three digits from 100 on is a code, and none traps`() {
    let parser = ResponseParser()
    var head = ReceivedHead()
    var fields = FieldTable(capacity: 100)
    for code in UInt16(100)...999 {
      let bytes = Array("HTTP/1.1 \(code) x\r\nContent-Length: 1\r\n\r\n".utf8)
      #expect(parser.parse(bytes.span, answering: .get, into: &head, fields: &fields) == .complete)
      #expect(head.statusCode == code && head.status.code == (code > 599 ? 500 : code))
    }
  }

  @Test func `a status beyond all classes has content as 500 has`() {
    let trial = ResponseTrial("HTTP/1.1 999 Denied\r\nContent-Length: 5\r\n\r\n")
    #expect(trial.head.framing == .length(5) && trial.head.keepsAlive && trial.head.isStrange)
    #expect(ResponseTrial("HTTP/1.1 604 x\r\n\r\n").head.framing == .untilClose)
    #expect(!ResponseTrial("HTTP/1.1 701 x\r\n\r\n", to: .connect).head.switchesProtocol)
  }

  @Test(arguments: [
    "", "H", "HTTP/1.", "HTTP/1.1 2", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r",
  ])
  func `the beginning of a status line is partial`(response: String) {
    #expect(ResponseTrial(response).outcome == .partial)
  }

  @Test func `fields come in their order, without the space around their values`() {
    let trial = ResponseTrial(
      "HTTP/1.1 200 OK\r\nDate: now\r\nX-One:1\r\nSet-Cookie: a \r\nset-cookie:\tb\r\nEmpty:\r\n\r\n")
    #expect(trial.fields == ["Date: now", "X-One: 1", "Set-Cookie: a", "set-cookie: b", "Empty: "])
    #expect(trial.head.fieldCount == 5)
  }

  @Test(
    arguments: [
      ("X : y", .spaceBeforeColon), (" folded", .foldedLine), ("X", .missingColon), (": y", .emptyFieldName),
      ("X\u{0}: y", .invalidFieldName), ("X: \u{1}", .invalidFieldValue), ("Server : y", .spaceBeforeColon),
    ] as [(String, WireError)])
  func `field lines are held to the grammar that requests are held to`(line: String, error: WireError) {
    #expect(ResponseTrial("HTTP/1.1 200 OK\r\nDate: d\r\n\(line)\r\n\r\n").outcome == .invalid(error))
  }

  @Test func `limits hold to the byte`() {
    let limits = HeadLimits(requestLineBytes: 64, headBytes: 128, fieldCount: 3)
    func line(_ count: Int) -> String {
      "HTTP/1.1 200 " + String(repeating: "r", count: count - 15) + "\r\n"
    }
    #expect(ResponseTrial(line(64) + "\r\n", limits: limits).outcome == .complete)
    #expect(ResponseTrial(line(65) + "\r\n", limits: limits).outcome == .invalid(.statusLineTooLong))
    let fields = String(repeating: "A: b\r\n", count: 3)
    #expect(ResponseTrial(line(20) + fields + "\r\n", limits: limits).outcome == .complete)
    #expect(
      ResponseTrial(line(20) + fields + "A: b\r\n\r\n", limits: limits).outcome == .invalid(.tooManyFields))
    let filler = "A: " + String(repeating: "v", count: 101)
    #expect(ResponseTrial(line(20) + filler + "\r\n\r\n", limits: limits).outcome == .complete)
    #expect(ResponseTrial(line(20) + filler + "v\r\n\r\n", limits: limits).outcome == .invalid(.headTooLarge))
  }
}

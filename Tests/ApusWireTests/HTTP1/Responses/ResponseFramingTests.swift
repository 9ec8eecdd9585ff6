import ApusWire
import Testing

/// How a response's body is framed and whether the connection stays: the table of RFC
/// 9112 6.3 and 9.3, in full.
struct ResponseFramingTests {
  private func trial(_ status: Int, _ fields: String, to method: ApusWire.Method = .get, minor: Int = 1)
    -> ResponseTrial
  {
    ResponseTrial("HTTP/1.\(minor) \(status) x\r\n\(fields)\r\n", to: method)
  }

  @Test(
    arguments: [
      ("Content-Length: 5\r\n", .length(5)), ("Content-Length: 0\r\n", .none), ("", .untilClose),
      ("Transfer-Encoding: chunked\r\n", .chunked), ("transfer-encoding:  Chunked \r\n", .chunked),
      ("Content-Length: 9223372036854775807\r\n", .length(9_223_372_036_854_775_807)),
    ] as [(String, ResponseFraming)])
  func `the fields say where the body ends`(fields: String, framing: ResponseFraming) {
    for status in [200, 201, 404, 500, 302, 206] {
      let trial = trial(status, fields)
      #expect(trial.outcome == .complete)
      #expect(trial.head.framing == framing)
      #expect(trial.head.keepsAlive == (framing != .untilClose))
    }
  }

  @Test(
    arguments: [100, 103, 199, 204, 304],
    ["", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 0\r\n"])
  func `these never have a body, whatever their fields say`(status: Int, fields: String) {
    let trial = trial(status, fields)
    #expect(trial.outcome == .complete)
    #expect(trial.head.framing == .none)
    // One that announces a body nevertheless may send it, and then it would be taken for the next response.
    let isSuspect = status != 304 && (fields.contains("7") || fields.contains("chunked"))
    #expect(trial.head.keepsAlive == !isSuspect)
    #expect(trial.head.isInterim == (status < 200))
  }

  @Test(arguments: ["", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n"])
  func `an answer to HEAD never has a body`(fields: String) {
    for status in [200, 404, 500] {
      let trial = trial(status, fields, to: .head)
      #expect(trial.head.framing == .none)
      #expect(trial.head.keepsAlive)
    }
  }

  @Test func `101 and an answer 2xx to CONNECT end the use of HTTP`() {
    #expect(trial(101, "Upgrade: websocket\r\nConnection: upgrade\r\n").head.switchesProtocol)
    #expect(!trial(101, "").head.isInterim)
    let tunnel = trial(200, "Content-Length: 7\r\n", to: .connect)
    #expect(tunnel.head.switchesProtocol && tunnel.head.framing == .none)
    let refusal = trial(407, "Content-Length: 7\r\n", to: .connect)
    #expect(!refusal.head.switchesProtocol && refusal.head.framing == .length(7))
    #expect(!trial(200, "").head.switchesProtocol)
  }

  @Test(
    arguments: [
      ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", .lengthWithTransferEncoding),
      ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", .lengthWithTransferEncoding),
      ("Content-Length: 5\r\nContent-Length: 5\r\n", .duplicateContentLength),
      ("Content-Length: 5\r\nContent-Length: 6\r\n", .duplicateContentLength),
      ("Content-Length: 5, 5\r\n", .invalidContentLength), ("Content-Length:\r\n", .invalidContentLength),
      ("Content-Length: +5\r\n", .invalidContentLength), ("Content-Length: -5\r\n", .invalidContentLength),
      ("Content-Length: 0x5\r\n", .invalidContentLength), ("Content-Length: 05\r\n", .invalidContentLength),
      ("Content-Length: 5 5\r\n", .invalidContentLength), ("Content-Length: 5.\r\n", .invalidContentLength),
      ("Content-Length: 9223372036854775808\r\n", .invalidContentLength),
      ("Content-Length: 18446744073709551616\r\n", .invalidContentLength),
      ("Transfer-Encoding: gzip\r\n", .unsupportedTransferCoding),
      ("Transfer-Encoding: gzip, chunked\r\n", .unsupportedTransferCoding),
      ("Transfer-Encoding: chunked, gzip\r\n", .invalidTransferEncoding),
      ("Transfer-Encoding: chunked, chunked\r\n", .invalidTransferEncoding),
      ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", .invalidTransferEncoding),
      ("Transfer-Encoding: \u{B}chunked\r\n", .invalidFieldValue),
      ("Transfer-Encoding: \"chunked\"\r\n", .invalidTransferEncoding),
      ("Transfer-Encoding: xchunked\r\n", .unsupportedTransferCoding),
      ("Transfer-Encoding:\r\n", .invalidTransferEncoding),
    ] as [(String, WireError)])
  func `a length that cannot be trusted is refused`(fields: String, error: WireError) {
    for method in [ApusWire.Method.get, .head, .post] {
      #expect(trial(200, fields, to: method).outcome == .invalid(error))
      #expect(trial(304, fields, to: method).outcome == .invalid(error))
    }
  }

  @Test func `HTTP 1_0 has no transfer codings`() {
    #expect(
      trial(200, "Transfer-Encoding: chunked\r\n", minor: 0).outcome == .invalid(.transferEncodingInHTTP10))
  }

  @Test(
    arguments: [
      (1, "", true), (1, "Connection: close\r\n", false), (1, "Connection: CLOSE\r\n", false),
      (1, "Connection: keep-alive\r\n", true), (1, "Connection: x, close , y\r\n", false),
      (1, "Connection: keep-alive\r\nConnection: close\r\n", false), (1, "Connection: closed\r\n", true),
      (0, "", false), (0, "Connection: keep-alive\r\n", true),
      (0, "Connection: Keep-Alive, close\r\n", false),
      (1, "Connection: upgrade\r\n", true),
    ])
  func `the connection stays as RFC 9112 9_3 says`(minor: Int, fields: String, stays: Bool) {
    #expect(trial(200, fields + "Content-Length: 2\r\n", minor: minor).head.keepsAlive == stays)
    // Where the body ends with the connection there is nothing to keep.
    #expect(!trial(200, fields, minor: minor).head.keepsAlive)
  }

  @Test(
    arguments: [
      ("timeout=5", 5), ("timeout=5, max=100", 5), ("max=100, timeout=75", 75), ("Timeout = 15", 15),
      ("timeout=\"20\"", 20), ("timeout=0", 0), ("timeout=99999999999999999999", UInt32.max), ("max=5", nil),
      ("timeout=", nil), ("timeout", nil), ("timeout=-1", nil), ("timeout=5s", nil), ("timeouts=5", nil),
      ("", nil),
      ("x=\"timeout=5\"", nil), ("timeout=4294967295", UInt32.max),
    ] as [(String, UInt32?)])
  func `the server's hint is read`(value: String, seconds: UInt32?) {
    #expect(trial(200, "Keep-Alive: \(value)\r\n").head.idleHint == seconds)
  }

  @Test func `the shortest of several hints counts`() {
    #expect(
      trial(200, "Keep-Alive: timeout=9\r\nKeep-Alive: timeout=4\r\nKeep-Alive: max=1\r\n").head.idleHint == 4
    )
    #expect(trial(200, "").head.idleHint == nil)
  }
}

import ApusWire
import Testing

/// The bounds of a head: what is within is accepted to the last byte, what is beyond is
/// refused as soon as it shows.
struct HeadLimitTests {
  private let limits = HeadLimits(requestLineBytes: 64, headBytes: 256, fieldCount: 4)

  /// A request whose line has exactly `count` bytes with its CRLF.
  private func requestLine(_ count: Int) -> String {
    "GET /" + String(repeating: "a", count: count - 16) + " HTTP/1.1\r\n"
  }

  @Test func `a request line may be as long as its limit`() {
    #expect(HeadTrial(requestLine(64) + "Host: h\r\n\r\n", limits: limits).outcome == .complete)
    #expect(
      HeadTrial(requestLine(65) + "Host: h\r\n\r\n", limits: limits).outcome == .invalid(.requestLineTooLong))
    #expect(HeadTrial("\r\n\r\n" + requestLine(64) + "Host: h\r\n\r\n", limits: limits).outcome == .complete)
  }

  @Test func `a line without an end is refused once it is too long`() {
    let line = "GET /" + String(repeating: "a", count: 200)
    #expect(HeadTrial(String(line.prefix(63)), limits: limits).outcome == .partial)
    #expect(HeadTrial(String(line.prefix(64)), limits: limits).outcome == .invalid(.requestLineTooLong))
    #expect(HeadTrial(line, limits: limits).outcome == .invalid(.requestLineTooLong))
    #expect(WireError.requestLineTooLong.status == .uriTooLong)
  }

  @Test func `a fault within the limit is told before the length`() {
    let line = "GET /\u{01}" + String(repeating: "a", count: 200)
    #expect(HeadTrial(line, limits: limits).outcome == .invalid(.invalidTarget))
  }

  @Test(arguments: [("GET", true), ("GET /", true), ("http", false)])
  func `a fault beyond the limit is not looked for`(start: String, isLine: Bool) {
    let request = isLine ? "\(start == "GET" ? "GET /" : start)" : "GET / HTTP/1.1\r\nX: "
    let filler = String(repeating: "a", count: 400)
    let error: WireError = isLine ? .requestLineTooLong : .headTooLarge
    #expect(HeadTrial(request + filler + "\u{01}\n", limits: limits).outcome == .invalid(error))
  }

  @Test func `a head may be as long as its limit`() {
    func request(_ count: Int) -> [UInt8] {
      let start = wire("GET / HTTP/1.1\r\nHost: h\r\nX: ")
      return start + [UInt8](repeating: 0x76, count: count - start.count - 4) + wire("\r\n\r\n")
    }
    #expect(HeadTrial(bytes: request(256), limits: limits).outcome == .complete)
    #expect(HeadTrial(bytes: request(256) + wire("next"), limits: limits).outcome == .complete)
    #expect(HeadTrial(bytes: request(257), limits: limits).outcome == .invalid(.headTooLarge))
    #expect(HeadTrial(bytes: Array(request(257).prefix(255)), limits: limits).outcome == .partial)
    #expect(
      HeadTrial(bytes: Array(request(257).prefix(256)), limits: limits).outcome == .invalid(.headTooLarge))
    #expect(WireError.headTooLarge.status == .requestHeaderFieldsTooLarge)
  }

  @Test func `a long field name is a large head`() {
    let request = "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "n", count: 300) + ": v\r\n\r\n"
    #expect(HeadTrial(request, limits: limits).outcome == .invalid(.headTooLarge))
  }

  @Test func `as many fields as the limit fit`() {
    func request(_ count: Int) -> String {
      "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: count - 1) + "\r\n"
    }
    #expect(HeadTrial(request(4), limits: limits).outcome == .complete)
    #expect(HeadTrial(request(5), limits: limits).outcome == .invalid(.tooManyFields))
    #expect(WireError.tooManyFields.status == .requestHeaderFieldsTooLarge)
  }

  @Test func `the usual limits take an 8000-byte line, 90 fields and a 16-kilobyte cookie`() {
    let line = "GET /" + String(repeating: "a", count: 7984) + " HTTP/1.1\r\nHost: h\r\n\r\n"
    #expect(HeadTrial(line).outcome == .complete)
    let fields = "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X-Field: y\r\n", count: 89) + "\r\n"
    #expect(HeadTrial(fields).head.fieldCount == 90)
    let cookie = "GET / HTTP/1.1\r\nHost: h\r\nCookie: " + String(repeating: "c", count: 16_000) + "\r\n\r\n"
    #expect(HeadTrial(cookie).head.known.contains(.cookie))
  }

  @Test func `10 kilobytes without a line end are refused`() {
    #expect(HeadTrial(String(repeating: "\u{FF}", count: 10_000)).outcome == .invalid(.invalidMethod))
    #expect(HeadTrial(String(repeating: "A", count: 10_000)).outcome == .invalid(.methodTooLong))
  }

  @Test func `the largest head that slices can name is parsed`() {
    let limits = HeadLimits(requestLineBytes: 8192, headBytes: 65_535, fieldCount: 10)
    let start = "GET / HTTP/1.1\r\nHost: h\r\nX: "
    let request = start + String(repeating: "v", count: 65_535 - start.utf8.count - 4) + "\r\n\r\n"
    // Whole and through the scanner only: its prefixes are too many.
    let bytes = wire(request)
    var head = RequestHead()
    var table = FieldTable(capacity: 10)
    var parser = RequestParser(limits: limits)
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    #expect(outcome == .complete)
    #expect(head.byteCount == 65_535)
    var scanner = HeadScanner()
    #expect(scanner.scan(bytes.span.extracting(0..<40_000), limits: limits) == .partial)
    #expect(scanner.scan(bytes.span, limits: limits) == .complete(byteCount: 65_535))
  }

  @Test func `a scanner's state is small enough for every connection to have one`() {
    #expect(MemoryLayout<HeadScanner>.size <= 12)
  }
}

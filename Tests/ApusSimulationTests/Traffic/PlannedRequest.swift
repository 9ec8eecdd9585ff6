// PlannedRequest: one request of random traffic, and what must come back.

import ApusTesting

struct PlannedRequest {
  struct Expectation {
    var status: Int
    /// The whole content, where it is known.
    var body: [UInt8]?
    /// What `Content-Length` says of content that is not sent, in an answer to HEAD.
    var announcedCount: Int?
  }

  var method: String
  /// Sent as they are; a pause stands between two parts.
  var parts: [[UInt8]]
  var expectation: Expectation
  /// Nothing after it is answered.
  var endsConnection = false
  /// The handler sees it.
  var reachesHandler = true
  var number: String
}

extension PlannedRequest {
  /// A random request with this number.
  static func random(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    switch random.below(100) {
    case 0..<6: file(number, &random)
    case 6..<42: get(number, &random)
    case 42..<50: head(number, &random)
    case 50..<64: post(number, &random)
    case 64..<76: chunkedPost(number, &random)
    case 76..<81: continuedPost(number, &random)
    case 81..<86: earlyPost(number, &random)
    case 86..<88: tooLargePost(number, &random)
    case 88..<92: closing(number, &random)
    case 92..<96: old(number, &random)
    default: broken(number, &random)
    }
  }

  /// Asynchronous or not.
  private static func tier(_ random: inout SeededGenerator) -> String { random.chance(0.35) ? "a" : "n" }

  /// Streaming, too.
  private static func anyTier(_ random: inout SeededGenerator) -> String {
    random.chance(0.3) ? "s" : tier(&random)
  }

  private static func size(_ random: inout SeededGenerator) -> Int {
    switch random.below(20) {
    case 0: random.below(20_000)
    case 1...3: random.below(3000)
    default: random.below(120)
    }
  }

  private static func answer(_ number: String, bodyCount: Int = 0, size: Int) -> Expectation {
    Expectation(status: 200, body: Array("\(number):\(bodyCount):".utf8) + pattern(number, size))
  }

  private static func get(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let size = size(&random)
    let tier = anyTier(&random)
    // Paths that need normalising, absolute targets and leading empty lines mean the same.
    let target = random.element(of: [
      "/\(tier)/\(number)", "/\(tier)/\(number)", "//\(tier)/./\(number)", "http://a/\(tier)/\(number)",
    ])
    let lead = random.chance(0.05) ? "\r\n" : ""
    let text = "\(lead)GET \(target)?\(size) HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"
    return PlannedRequest(
      method: "GET", parts: [bytes(text)], expectation: answer(number, size: size), number: number)
  }

  /// Content from a file, small or so large that it takes many sends.
  private static func file(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let size = random.chance(0.2) ? random.below(200_000) : 1 + random.below(9000)
    let text = "GET /f/\(number)?\(size) HTTP/1.1\r\nHost: a\r\n\r\n"
    return PlannedRequest(
      method: "GET", parts: [bytes(text)],
      expectation: Expectation(status: 200, body: NumberedFile.bytes(number, size)), number: number)
  }

  private static func head(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let size = size(&random)
    let text = "HEAD /\(tier(&random))/\(number)?\(size) HTTP/1.1\r\nHost: a\r\n\r\n"
    let content = answer(number, size: size).body ?? []
    return PlannedRequest(
      method: "HEAD", parts: [bytes(text)],
      expectation: Expectation(status: 200, body: [], announcedCount: content.count), number: number)
  }

  private static func post(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let count = size(&random)
    let text = "POST /\(anyTier(&random))/\(number)?7 HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"
    return PlannedRequest(
      method: "POST", parts: [bytes(text) + pattern(number, count)],
      expectation: answer(number, bodyCount: count, size: 7), number: number)
  }

  private static func chunked(_ body: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var coded: [UInt8] = []
    var offset = 0
    while offset < body.count {
      let count = min(body.count - offset, random.within(1...400))
      coded += bytes(String(count, radix: 16) + (random.chance(0.1) ? ";a=b" : "") + "\r\n")
      coded += body[offset..<(offset + count)]
      coded += bytes("\r\n")
      offset += count
    }
    return coded + bytes("0\r\n" + (random.chance(0.2) ? "X-Sum: 1\r\n" : "") + "\r\n")
  }

  private static func chunkedPost(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let count = size(&random)
    let text =
      "POST /\(anyTier(&random))/\(number)?3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    return PlannedRequest(
      method: "POST", parts: [bytes(text) + chunked(pattern(number, count), &random)],
      expectation: answer(number, bodyCount: count, size: 3), number: number)
  }

  private static func continuedPost(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let count = 1 + size(&random)
    let text =
      "POST /\(anyTier(&random))/\(number)?4 HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\nExpect: 100-continue\r\n\r\n"
    return PlannedRequest(
      method: "POST", parts: [bytes(text), pattern(number, count)],
      expectation: answer(number, bodyCount: count, size: 4), number: number)
  }

  private static func earlyPost(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let body = pattern(number, 1 + random.below(2000))
    let isChunked = random.chance(0.5)
    let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
    return PlannedRequest(
      method: "POST",
      parts: [
        bytes("POST /early/\(number) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n"),
        isChunked ? chunked(body, &random) : body,
      ],
      expectation: Expectation(status: 403, body: bytes("early \(number)")), reachesHandler: false,
      number: number)
  }

  private static func tooLargePost(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    // A route's own bound counts for bodies that do not come whole, which a chunked one never does.
    let isChunked = random.chance(0.7)
    let body = pattern(number, isChunked ? random.within(65...2000) : TrafficRun.collectBytes + 1)
    let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
    return PlannedRequest(
      method: "POST",
      parts: [
        bytes("POST /\(isChunked ? "small" : "n")/\(number) HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n"),
        isChunked ? chunked(body, &random) : body,
      ],
      expectation: Expectation(status: 413), endsConnection: true, reachesHandler: false, number: number)
  }

  private static func closing(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let size = size(&random)
    let field = random.element(of: [
      "Connection: close", "connection: foo , Close", "Connection: x\r\nConnection: close",
    ])
    let text = "GET /\(tier(&random))/\(number)?\(size) HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n"
    return PlannedRequest(
      method: "GET", parts: [bytes(text)], expectation: answer(number, size: size), endsConnection: true,
      number: number)
  }

  private static func old(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let keeps = random.chance(0.5)
    let text =
      "GET /\(tier(&random))/\(number)?9 HTTP/1.0\r\n\(keeps ? "Connection: Keep-Alive\r\n" : "")\r\n"
    return PlannedRequest(
      method: "GET", parts: [bytes(text)], expectation: answer(number, size: 9), endsConnection: !keeps,
      number: number)
  }

  private static func broken(_ number: String, _ random: inout SeededGenerator) -> PlannedRequest {
    let (text, status) = random.element(of: [
      ("GET / HTTP/1.1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
      ("GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
      ("GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
      ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
      ("POST /n/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
      ("GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ])
    return PlannedRequest(
      method: "GET", parts: [bytes(text)], expectation: Expectation(status: status), endsConnection: true,
      reachesHandler: false, number: number)
  }
}

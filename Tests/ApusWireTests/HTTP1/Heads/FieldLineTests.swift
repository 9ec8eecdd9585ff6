import ApusWire
import Testing

/// The grammar of field lines (RFC 9112 5).
struct FieldLineTests {
  private func request(_ lines: String) -> String { "GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n" }

  @Test func `fields keep their order, their case and their inner white space`() {
    let trial = HeadTrial(request("X-B: one  two\tthree\r\nx-a: v\r\nX-B: again"))
    #expect(trial.fields == ["Host: h", "X-B: one  two\tthree", "x-a: v", "X-B: again"])
    #expect(trial.head.fieldCount == 4)
  }

  @Test(arguments: [
    ("X:v", "X: v"), ("X: v", "X: v"), ("X: \t v \t ", "X: v"), ("X:", "X: "), ("X: ", "X: "),
    ("X:\t\t", "X: "),
    ("x!#$%&'*+-.^_`|~1: v", "x!#$%&'*+-.^_`|~1: v"), ("X: caf\u{E9}\u{FF}", "X: caf\u{E9}\u{FF}"),
    ("X: a:b", "X: a:b"), ("X: \"q\\\"\"", "X: \"q\\\"\""),
  ])
  func `white space around a value does not belong to it`(line: String, field: String) {
    let trial = HeadTrial(request(line))
    #expect(trial.outcome == .complete)
    #expect(trial.fields.last == field)
  }

  @Test(arguments: [
    ("X : v", WireError.spaceBeforeColon), ("X\t: v", .spaceBeforeColon), ("X A: v", .spaceBeforeColon),
    ("Content-Length : 5", .spaceBeforeColon), (": v", .emptyFieldName), ("NoColon", .missingColon),
    ("X(A): v", .invalidFieldName), ("X\u{E9}A: v", .invalidFieldName), ("\"X\": v", .invalidFieldName),
    ("Content-Length\u{85}: 5", .invalidFieldName), ("X\0: v", .invalidFieldName),
    ("X\u{7F}: v", .invalidFieldName),
    ("Host\u{00}: v", .invalidFieldName), ("X@: v", .invalidFieldName),
    (" X: v", .foldedLine), ("X: a\r\n b", .foldedLine), ("X: a\r\n\tb", .foldedLine),
    ("X:\r\n ", .foldedLine),
    ("Transfer-Encoding:\r\n chunked", .foldedLine), ("Content-Length:\r\n 5", .foldedLine),
    ("X: a\rb", .bareCarriageReturn), ("X: a\r\r", .bareCarriageReturn), ("X: 1\r\n\rX", .bareCarriageReturn),
    ("content\rlength: 1", .missingColon), ("X\rY: v", .missingColon),
    ("X: a\nY: b", .bareLineFeed), ("X: a\r\n\nGET /", .bareLineFeed), ("X\nY: v", .bareLineFeed),
    ("X: a\0b", .invalidFieldValue), ("X: a\u{01}\u{1F}b", .invalidFieldValue),
    ("X: a\u{7F}b", .invalidFieldValue),
    ("X: \u{0B}v", .invalidFieldValue), ("X: \u{0C}", .invalidFieldValue),
    ("X: \u{1B}[0m", .invalidFieldValue),
  ])
  func `a malformed field line is refused`(line: String, error: WireError) {
    #expect(HeadTrial(request(line)).outcome == .invalid(error))
  }

  @Test func `a head may not end in a bare LF`() {
    #expect(HeadTrial("GET / HTTP/1.1\r\nHost: h\r\n\n").outcome == .invalid(.bareLineFeed))
  }

  @Test func `the first line after the request line may not be folded`() {
    #expect(HeadTrial("GET / HTTP/1.1\r\n X: y\r\nHost: h\r\n\r\n").outcome == .invalid(.foldedLine))
  }

  @Test func `a control byte is found at every offset of a value`() {
    for length in [1, 7, 8, 9, 15, 16, 17, 31, 40] {
      for offset in 0..<length {
        for byte: UInt8 in [0x00, 0x08, 0x0B, 0x1F, 0x7F] {
          var value = [UInt8](repeating: 0x61, count: length)
          value[offset] = byte
          let bytes = wire("GET / HTTP/1.1\r\nX: ") + value + wire("\r\nHost: h\r\n\r\n")
          #expect(HeadTrial(bytes: bytes).outcome == .invalid(.invalidFieldValue))
        }
      }
    }
  }

  @Test func `tabs and bytes above ASCII are kept at every offset of a value`() {
    for length in [1, 7, 8, 9, 16, 17, 33] {
      for offset in 0..<length {
        for byte: UInt8 in [0x09, 0x80, 0xA0, 0xFF]
        where !(byte == 0x09 && (offset == 0 || offset == length - 1)) {
          var value = [UInt8](repeating: 0x61, count: length)
          value[offset] = byte
          let trial = HeadTrial(bytes: wire("GET / HTTP/1.1\r\nX: ") + value + wire("\r\nHost: h\r\n\r\n"))
          #expect(trial.fields.first == "X: \(text(value))")
        }
      }
    }
  }

  @Test func `every byte is accepted or refused in a name as RFC 9110 says`() {
    let tokens = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max where byte != 0x3A {
      let bytes = wire("GET / HTTP/1.1\r\nHost: h\r\nx") + [byte] + wire("y: v\r\n\r\n")
      #expect((HeadTrial(bytes: bytes).outcome == .complete) == tokens.contains(byte), "byte \(byte)")
    }
  }

  @Test func `a known field is found in any case and a near miss is not`() {
    for name in ["IF-NONE-MATCH", "if-none-match", "If-None-Match"] {
      #expect(HeadTrial(request("\(name): x")).head.known == [.host, .ifNoneMatch])
    }
    for name in ["If_None_Match", "If-None-Matc", "If-None-Match1", "XIf-None-Match", "if.none.match"] {
      #expect(HeadTrial(request("\(name): x")).head.known == [.host])
    }
  }

  @Test func `every field with a bit sets that bit and no other`() {
    let fields: [(String, KnownFields)] = [
      ("Accept", .accept), ("Accept-Encoding", .acceptEncoding), ("Accept-Language", .acceptLanguage),
      ("Authorization", .authorization), ("Cache-Control", .cacheControl), ("Connection", .connection),
      ("Content-Encoding", .contentEncoding), ("Content-Type", .contentType), ("Cookie", .cookie),
      ("Forwarded", .forwarded), ("If-Match", .ifMatch), ("If-Modified-Since", .ifModifiedSince),
      ("If-None-Match", .ifNoneMatch), ("If-Range", .ifRange), ("If-Unmodified-Since", .ifUnmodifiedSince),
      ("Keep-Alive", .keepAlive), ("Origin", .origin), ("Range", .range), ("Referer", .referer),
      ("Sec-WebSocket-Key", .webSocketKey), ("Sec-WebSocket-Version", .webSocketVersion), ("TE", .te),
      ("Traceparent", .traceparent), ("Trailer", .trailer), ("Upgrade", .upgrade), ("User-Agent", .userAgent),
      ("X-Forwarded-For", .forwardedFor), ("X-Request-ID", .requestID),
    ]
    for (name, bit) in fields {
      #expect(HeadTrial(request("\(name): x")).head.known == [.host, bit], "\(name)")
    }
    #expect(HeadTrial(request("Expect: 100-continue")).head.known == [.host, .expect])
    #expect(HeadTrial(request("Content-Length: 1")).head.known == [.host, .contentLength])
    #expect(HeadTrial(request("Transfer-Encoding: chunked")).head.known == [.host, .transferEncoding])
  }
}

import ApusTesting
import ApusWire
import Testing

/// A parser remembers the head that came last. Whatever it has read before, it must answer as
/// one that has read nothing.
@Suite struct KnownHeadTests {
  /// A parser with a head and a table that it uses again and again, as a core does.
  private struct Reader: ~Copyable {
    var parser: RequestParser
    var head = RequestHead()
    var table: FieldTable

    init(limits: HeadLimits = HeadLimits()) {
      parser = RequestParser(limits: limits)
      table = FieldTable(capacity: limits.fieldCount)
    }

    /// What it says of `bytes`: the outcome, and all that it found if the head is complete.
    mutating func read(_ bytes: [UInt8]) -> String {
      let outcome = parser.parse(bytes.span, into: &head, fields: &table)
      guard outcome == .complete else { return "\(outcome)" }
      var fields: [String] = []
      let lines = table.span
      for index in lines.indices {
        fields.append("\(text(bytes[lines[index].name.range])): \(text(bytes[lines[index].value.range]))")
      }
      return "\(head) \(text(bytes[head.host.range])) \(fields)"
    }
  }

  /// What a parser says that has read nothing else.
  private func freshReading(_ bytes: [UInt8], limits: HeadLimits = HeadLimits()) -> String {
    var fresh = Reader(limits: limits)
    return fresh.read(bytes)
  }

  private let lines = [
    "GET / HTTP/1.1", "GET /a HTTP/1.1", "GET /b HTTP/1.1", "GET /a/longer/path?with=query HTTP/1.1",
    "HEAD / HTTP/1.0", "POST /b HTTP/1.1", "GET http://other/ HTTP/1.1", "OPTIONS * HTTP/1.1",
    "\r\nGET / HTTP/1.1",
  ]
  private let sections = [
    "Host: a\r\n", "Host: b\r\n", "Host: a\r\nAccept: */*\r\nX-Own: 1\r\n",
    "Host: a\r\nX-Own: 1\r\nAccept: */*\r\n",
    "Host: a\r\nContent-Length: 10\r\n", "Host: a\r\nContent-Length: 11\r\n",
    "Host: a\r\nTransfer-Encoding: chunked\r\n", "Host: a\r\nConnection: close\r\n",
    "Host: a\r\nConnection: kloss\r\n", "Host: a\r\nExpect: 100-continue\r\n",
    "Host: a\r\nExpect: 100-continua\r\n",
    "Host: a\r\nHost: a\r\n", "Host: a\r\nIf-None-Match: \"x\"\r\n", "Host: a\r\nRange: bytes=0-1\r\n",
    "Accept: */*\r\n", "", "Host: a\r\nX: \u{e4}\r\n",
  ]

  @Test(arguments: Seed.list(standard: 20))
  func `a parser that has read others answers as a fresh one`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var used = Reader()
    for _ in 0..<400 {
      let line = lines[Int.random(in: lines.indices, using: &generator)]
      let other = lines[Int.random(in: lines.indices, using: &generator)]
      let section = sections[Int.random(in: sections.indices, using: &generator)]
      // Again and again, so that it is remembered, and with another request line in between; sometimes
      // with more behind it, or cut.
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        let isOther = Int.random(in: 0..<4, using: &generator) == 0
        var bytes = wire((isOther ? other : line) + "\r\n" + section + "\r\n")
        if Int.random(in: 0..<10, using: &generator) < 3 {
          bytes += wire("GET / HTTP/1.1\r\nHost: c\r\n\r\n")
        }
        if Int.random(in: 0..<10, using: &generator) < 2 {
          bytes.removeLast(Int.random(in: 0..<12, using: &generator))
        }
        #expect(used.read(bytes) == freshReading(bytes), "seed \(seed)")
      }
    }
  }

  private let known =
    "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nAccept: text/html\r\nX-Own: some value\r\n\r\n"

  /// A parser that has read `known` so often that it remembers it.
  private func makeReader() -> Reader {
    var used = Reader()
    for _ in 0..<4 { _ = used.read(wire(known)) }
    return used
  }

  @Test func `a head that comes again and again is read as the first time`() {
    var used = Reader()
    let first = used.read(wire(known))
    for _ in 0..<4 { #expect(used.read(wire(known)) == first) }
  }

  @Test func `a head that differs in any one byte is read anew`() {
    for index in known.utf8.indices {
      for byte in "x:\r\n \0/".utf8 {
        var used = makeReader()
        var bytes = wire(known)
        bytes[known.utf8.distance(from: known.utf8.startIndex, to: index)] = byte
        for _ in 0..<3 { #expect(used.read(bytes) == freshReading(bytes)) }
      }
    }
  }

  @Test func `field lines that differ in any one byte are read anew behind another request line`() {
    let line = "GET /a?b=c HTTP/1.1\r\n".utf8.count
    for index in line..<known.utf8.count {
      for byte in "x:\r\n \0/".utf8 {
        var used = makeReader()
        var bytes = wire("GET /bcd HTTP/1.1\r\n") + wire(known)[line...]
        bytes[bytes.count - known.utf8.count + index] = byte
        #expect(used.read(bytes) == freshReading(bytes))
      }
    }
  }

  @Test func `the beginning of a known head is no head`() {
    var used = makeReader()
    for count in 0..<known.utf8.count {
      let bytes = Array(wire(known).prefix(count))
      #expect(used.read(bytes) == freshReading(bytes), "\(count) bytes")
    }
    #expect(used.read(wire(known)) == freshReading(wire(known)))
  }

  @Test func `a known head ends where it ends, whatever follows`() {
    var used = makeReader()
    for rest in ["G", "GET / HTTP/1.1\r\nHost: c\r\n\r\n", known, "\r\n", "\0"] {
      let bytes = wire(known + rest)
      #expect(used.read(bytes) == freshReading(bytes))
    }
    // The same beginning, and one line more.
    let longer = wire(known.dropLast(2) + "X-More: 1\r\n\r\n")
    #expect(used.read(longer) == freshReading(longer))
  }

  @Test func `a known head announces its body each time`() {
    var used = Reader()
    let bytes = wire("POST /items HTTP/1.1\r\nHost: example.org\r\nContent-Length: 4\r\n\r\nbody")
    for _ in 0..<4 {
      #expect(used.read(bytes) == freshReading(bytes))
      #expect(used.head.framing == .length(4))
    }
  }

  @Test func `a request line that comes again before known field lines is known with them`() {
    var used = makeReader()
    let section = "Host: example.org\r\nAccept: text/html\r\nX-Own: some value\r\n\r\n"
    for line in ["GET /other HTTP/1.1", "GET /b?b=c HTTP/1.1", "HEAD /a?b=c HTTP/1.1", "GET /a?b=c HTTP/1.1"]
    {
      let bytes = wire(line + "\r\n" + section)
      for _ in 0..<4 { #expect(used.read(bytes) == freshReading(bytes)) }
    }
  }

  @Test func `a head that is refused once is refused each time`() {
    for head in [
      "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
      var used = Reader()
      for _ in 0..<4 {
        #expect(used.read(wire(head)) == freshReading(wire(head)))
        #expect(used.read(wire(head)).hasPrefix("invalid"))
      }
    }
  }

  @Test func `limits hold for what is remembered`() {
    let limits = HeadLimits(requestLineBytes: 128, headBytes: 140, fieldCount: 2)
    var used = Reader(limits: limits)
    let section = "Host: example.org\r\nAccept: text/html\r\n\r\n"
    for count in [1, 1, 1, 60, 60, 60, 120, 1, 90, 80, 84, 84, 84, 85, 85, 86, 87, 1] {
      let bytes = wire("GET /" + String(repeating: "p", count: count) + " HTTP/1.1\r\n" + section)
      #expect(used.read(bytes) == freshReading(bytes, limits: limits), "a path of \(count)")
    }
  }

  @Test func `a head larger than what is kept is read each time`() {
    let lines = (0..<90).map { "X-\($0): \(String(repeating: "v", count: 20))\r\n" }.joined()
    let bytes = wire("GET /a/path HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n")
    var used = Reader()
    for _ in 0..<4 { #expect(used.read(bytes) == freshReading(bytes)) }
  }
}

import ApusTesting
import ApusWire
import Testing

/// A parser remembers the field lines that came last. Whatever it has read before, it must answer as one that has read nothing.
@Suite struct KnownSectionTests {
  /// What a parser says of `bytes`: the outcome, and all that it found if the head is complete.
  private func reading(_ bytes: [UInt8], by parser: inout RequestParser) -> String {
    var head = RequestHead()
    var table = FieldTable(capacity: parser.limits.fieldCount)
    let outcome = parser.parse(bytes.span, into: &head, fields: &table)
    guard outcome == .complete else { return "\(outcome)" }
    var fields: [String] = []
    let lines = table.span
    for index in lines.indices {
      fields.append("\(text(bytes[lines[index].name.range])): \(text(bytes[lines[index].value.range]))")
    }
    return "\(head) \(text(bytes[head.host.range])) \(fields)"
  }

  private let lines = [
    "GET / HTTP/1.1", "GET /a HTTP/1.1", "GET /a/longer/path?with=query HTTP/1.1", "HEAD / HTTP/1.0",
    "POST /b HTTP/1.1", "GET http://other/ HTTP/1.1", "OPTIONS * HTTP/1.1", "\r\nGET / HTTP/1.1",
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
    var used = RequestParser()
    for _ in 0..<400 {
      let head =
        lines[Int.random(in: lines.indices, using: &generator)] + "\r\n"
        + sections[Int.random(in: sections.indices, using: &generator)] + "\r\n"
      // Again and again, so that it is remembered; sometimes with more behind it, or cut.
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        var bytes = wire(head)
        if Int.random(in: 0..<10, using: &generator) < 3 {
          bytes += wire("GET / HTTP/1.1\r\nHost: c\r\n\r\n")
        }
        if Int.random(in: 0..<10, using: &generator) < 2 {
          bytes.removeLast(Int.random(in: 0..<12, using: &generator))
        }
        var fresh = RequestParser()
        #expect(reading(bytes, by: &used) == reading(bytes, by: &fresh), "seed \(seed)")
      }
    }
  }

  @Test func `a section that differs in any one byte is read anew`() {
    let section = "Host: example.org\r\nAccept: text/html\r\nX-Own: some value\r\n\r\n"
    for index in section.utf8.indices {
      for byte in "x:\r\n \0/".utf8 {
        var used = RequestParser()
        for _ in 0..<3 { _ = reading(wire("GET /a HTTP/1.1\r\n" + section), by: &used) }
        var other = Array(section.utf8)
        other[section.utf8.distance(from: section.utf8.startIndex, to: index)] = byte
        let bytes = wire("GET /bcd HTTP/1.1\r\n") + other
        var fresh = RequestParser()
        #expect(reading(bytes, by: &used) == reading(bytes, by: &fresh))
      }
    }
  }

  @Test func `limits hold for what is remembered`() {
    let limits = HeadLimits(requestLineBytes: 128, headBytes: 140, fieldCount: 2)
    var used = RequestParser(limits: limits)
    let section = "Host: example.org\r\nAccept: text/html\r\n\r\n"
    for count in [1, 1, 1, 60, 120, 1, 90, 80, 84, 85, 86, 87, 1] {
      let bytes = wire("GET /" + String(repeating: "p", count: count) + " HTTP/1.1\r\n" + section)
      var fresh = RequestParser(limits: limits)
      #expect(reading(bytes, by: &used) == reading(bytes, by: &fresh), "a path of \(count)")
    }
  }
}

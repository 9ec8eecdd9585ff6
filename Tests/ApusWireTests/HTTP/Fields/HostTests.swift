import ApusWire
import Testing

/// Host: exactly one, and well-formed (RFC 9112 3.2).
struct HostTests {
  @Test(
    arguments: [
      ("localhost", nil), ("LOCALHOST.", nil), ("a", nil), ("a.b-c_d~e", nil), ("127.0.0.1", nil),
      ("localhost:8080", 8080), ("localhost:0", 0), ("localhost:65535", 65535), ("localhost:00080", 80),
      ("localhost:", nil), ("[::1]", nil), ("[::1]:8080", 8080), ("[2001:db8::ffff:1.2.3.4]:443", 443),
    ] as [(String, UInt16?)])
  func `a host may be a name or an IPv6 literal, with a port`(host: String, port: UInt16?) {
    let trial = HeadTrial("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
    #expect(trial.outcome == .complete)
    #expect(trial.host == host)
    #expect(HostField(wire(host).span)?.port == port)
  }

  @Test(arguments: [
    "", "local host", "local\thost", "user@localhost", "a,b", "a, b", "localhost?x", "localhost#x",
    "../../etc", "a/b",
    "localhost:99999", "localhost:65536", "localhost:123456", "localhost:x", "localhost:8 0", "localhost:-1",
    "localhost:80:80", ":80", "[::1", "::1", "[]", "[:]", "[g::1]", "[::1]x", "[::1]80", "[fe80::1%25eth0]",
    "%6cocalhost", "a..b", ".a", ".", "..", "a;b", "a'b", "a\"b", "h\u{E9}", "a\\b", "http://a",
    "[" + String(repeating: "1:", count: 30) + "]",
  ])
  func `a malformed host is refused`(host: String) {
    #expect(HeadTrial("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").outcome == .invalid(.invalidHost))
    #expect(HeadTrial("GET / HTTP/1.0\r\nHost: \(host)\r\n\r\n").outcome == .invalid(.invalidHost))
  }

  @Test func `a NUL in Host is refused before its meaning is looked at`() {
    #expect(
      HeadTrial("GET / HTTP/1.1\r\nHost: localhost\0.evil\r\n\r\n").outcome == .invalid(.invalidFieldValue))
  }

  @Test func `a second Host is refused, the same or another`() {
    for other in ["h", "evil", ""] {
      let request = "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\nhost: \(other)\r\n\r\n"
      #expect(HeadTrial(request).outcome == .invalid(.duplicateHost))
    }
  }

  @Test func `only HTTP 1_0 needs no Host`() {
    #expect(HeadTrial("GET / HTTP/1.1\r\n\r\n").outcome == .invalid(.missingHost))
    #expect(HeadTrial("GET / HTTP/1.2\r\n\r\n").outcome == .invalid(.missingHost))
    let trial = HeadTrial("GET / HTTP/1.0\r\n\r\n")
    #expect(trial.outcome == .complete)
    #expect(trial.host == "")
  }

  @Test func `a host's name ends where its port starts`() {
    #expect(HostField(wire("example.org:80").span)?.nameCount == 11)
    #expect(HostField(wire("[::1]:80").span)?.nameCount == 5)
    #expect(HostField(wire("example.org").span)?.nameCount == 11)
  }

  @Test(arguments: [
    "a.b", "example.com", "127.0.0.1:9500", "host-of-24-bytes.example", "a-host-of-25-bytes.example",
  ])
  func `a host that resembles the last one is checked like any other`(host: String) {
    var parser = RequestParser()
    var head = RequestHead()
    var table = FieldTable(capacity: parser.limits.fieldCount)
    func outcome(_ parser: inout RequestParser, _ host: [UInt8]) -> ParseOutcome {
      let bytes = wire("GET / HTTP/1.1\r\nHost: ") + host + wire("\r\n\r\n")
      return parser.parse(bytes.span, into: &head, fields: &table)
    }
    for index in host.utf8.indices {
      for byte in "x/@,.:[".utf8 {
        var other = Array(host.utf8)
        other[host.utf8.distance(from: host.utf8.startIndex, to: index)] = byte
        #expect(outcome(&parser, wire(host)) == .complete)
        var fresh = RequestParser()
        #expect(outcome(&parser, other) == outcome(&fresh, other))
      }
    }
    #expect(outcome(&parser, wire(host)) == .complete)
    #expect(outcome(&parser, wire(host + "/")) == .invalid(.invalidHost))
  }
}

import ApusTesting
import ApusWire
import Testing

/// Response heads, byte for byte.
struct HeadWriterTests {
  private func head(
    _ head: ResponseHead, server: String? = nil, extra: [ResponseField] = [], encoded: String = ""
  ) -> String {
    var writer = HeadWriter(serverName: server)
    writer.setDate(unixSeconds: 784_111_777)
    let lines = wire(encoded)
    let bound = writer.byteBound(extra: extra, encodedBytes: lines.count)
    let output = written(bound) { writer.write(head, extra: extra, encoded: lines.span, into: &$0) }
    #expect(output.utf8.count <= bound)
    #expect(bound - output.utf8.count <= 176)
    return output
  }

  private static let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

  @Test func `an answer of 200 has its date, its type and its length`() {
    #expect(
      head(ResponseHead(.ok, contentLength: 13, mediaType: .text)) == """
        HTTP/1.1 200 OK\r
        \(Self.date)Content-Type: text/plain; charset=utf-8\r
        Content-Length: 13\r
        \r\n
        """)
  }

  @Test func `the server's name stands in every answer`() {
    #expect(
      head(ResponseHead(.notFound, contentLength: 0), server: "apus") == """
        HTTP/1.1 404 Not Found\r
        \(Self.date)Server: apus\r
        Content-Length: 0\r
        \r\n
        """)
  }

  @Test func `answers without content by themselves have no length`() {
    #expect(
      head(ResponseHead(.noContent, contentLength: nil)) == "HTTP/1.1 204 No Content\r\n\(Self.date)\r\n")
    #expect(
      head(ResponseHead(.notModified, contentLength: nil)) == "HTTP/1.1 304 Not Modified\r\n\(Self.date)\r\n")
  }

  @Test func `content of unknown length is chunked`() {
    #expect(
      head(ResponseHead(.ok, framing: .chunked))
        == "HTTP/1.1 200 OK\r\n\(Self.date)Transfer-Encoding: chunked\r\n\r\n")
  }

  @Test(arguments: [
    (ConnectionDirective.implicit, ""), (.close, "Connection: close\r\n"),
    (.keepAlive, "Connection: keep-alive\r\n"),
    (.keepAliveTimeout(seconds: 70), "Connection: keep-alive\r\nKeep-Alive: timeout=70\r\n"),
  ])
  func `the connection's fate is announced`(directive: ConnectionDirective, lines: String) {
    #expect(
      head(ResponseHead(.ok, contentLength: 1, connection: directive))
        == "HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 1\r\n\(lines)\r\n")
  }

  @Test func `a handler's fields and rendered lines follow in their order`() {
    let extra = [ResponseField("ETag", "\"x\""), ResponseField("X-A", "")]
    #expect(
      head(ResponseHead(.ok, contentLength: 1), extra: extra, encoded: "Accept-Ranges: bytes\r\n")
        == "HTTP/1.1 200 OK\r\n\(Self.date)Content-Length: 1\r\nETag: \"x\"\r\nX-A: \r\nAccept-Ranges: bytes\r\n\r\n"
    )
  }

  @Test func `the date changes with the second and not before`() {
    var writer = HeadWriter(serverName: nil, unixSeconds: 0)
    func date() -> String {
      let head = written(500) { writer.write(ResponseHead(.ok, contentLength: 1), into: &$0) }
      return String(head.split(separator: "\r\n")[1])
    }
    #expect(date() == "Date: Thu, 01 Jan 1970 00:00:00 GMT")
    writer.setDate(unixSeconds: 1)
    #expect(date() == "Date: Thu, 01 Jan 1970 00:00:01 GMT")
    writer.setDate(unixSeconds: 1)
    #expect(date() == "Date: Thu, 01 Jan 1970 00:00:01 GMT")
  }

  @Test func `whatever was written before, a head is the same`() {
    let heads = [
      ResponseHead(.ok, contentLength: 1), ResponseHead(.ok, contentLength: 1, mediaType: .text),
      ResponseHead(.ok, contentLength: 2, mediaType: .text), ResponseHead(.notFound, contentLength: 1),
      ResponseHead(.ok, contentLength: 1, connection: .close), ResponseHead(.ok, framing: .chunked),
    ]
    for seed in Seed.list(standard: 20) {
      var writer = HeadWriter(serverName: "apus", unixSeconds: 0)
      var random = SeededGenerator(seed: seed)
      var second: Int64 = 0
      for _ in 0..<100 {
        let head = random.element(of: heads)
        if random.below(9) == 0 { second += 1 }
        writer.setDate(unixSeconds: second)
        var fresh = HeadWriter(serverName: "apus", unixSeconds: second)
        // Mostly more than once in a row, as answers come.
        for _ in 0..<random.within(1...4) {
          let again = written(500) { writer.write(head, into: &$0) }
          #expect(
            again == written(500) { fresh.write(head, into: &$0) },
            Comment(rawValue: Seed.commandLine(seed, filter: "HeadWriterTests")))
        }
      }
    }
  }

  @Test func `every status line and the largest numbers fit the bound`() {
    for code in 100...599 {
      let status = Status(UInt16(code))
      let line = head(
        ResponseHead(
          status, contentLength: .max, mediaType: .form, connection: .keepAliveTimeout(seconds: .max)),
        server: "a name")
      #expect(line.hasPrefix("HTTP/1.1 \(code) \(status.reason)\r\n"))
      #expect(line.contains("Content-Length: 18446744073709551615\r\n"))
    }
  }

  @Test func `100 Continue is one line`() {
    #expect(written(64) { $0.append(ascii: HeadWriter.continueHead) } == "HTTP/1.1 100 Continue\r\n\r\n")
  }
}

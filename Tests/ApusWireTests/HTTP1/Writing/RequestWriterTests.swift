import ApusWire
import Testing

/// Heads of requests that a client makes.
struct RequestWriterTests {
  private func head(_ method: String, _ fields: [ResponseField], _ framing: BodyFraming) -> String {
    text(RequestWriter.head(method: method, target: "/t", authority: "h:1", fields: fields, framing: framing))
  }

  @Test func `a request's head is written`() {
    #expect(head("GET", [], .none) == "GET /t HTTP/1.1\r\nHost: h:1\r\n\r\n")
    #expect(
      head("PUT", [ResponseField("A", "b")], .length(3))
        == "PUT /t HTTP/1.1\r\nHost: h:1\r\nA: b\r\nContent-Length: 3\r\n\r\n")
    #expect(head("POST", [], .none) == "POST /t HTTP/1.1\r\nHost: h:1\r\nContent-Length: 0\r\n\r\n")
    #expect(head("POST", [], .chunked).hasSuffix("Transfer-Encoding: chunked\r\n\r\n"))
  }

  @Test func `the caller's Host wins`() {
    #expect(head("GET", [ResponseField("host", "other")], .none) == "GET /t HTTP/1.1\r\nhost: other\r\n\r\n")
  }
}

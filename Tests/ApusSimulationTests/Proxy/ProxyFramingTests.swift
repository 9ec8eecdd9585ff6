import Apus
import ApusTesting
import Foundation
import Testing

/// How bodies that pass a proxy are framed on the other side.
@Suite struct ProxyFramingTests {
  struct Framing {
    var method = "GET"
    /// Of the server's answer; each piece comes a moment after the one before.
    let pieces: [String]
    var ends = false
    let status: Int
    let body: String
    let length: String?
    let coding: String?
  }

  @Test(arguments: [
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"], status: 200, body: "hello", length: "5",
      coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo"], status: 200, body: "hello",
      length: "5", coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], status: 200, body: "", length: "0",
      coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"],
      status: 200,
      body: "hello", length: "5", coding: nil),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r", "\n3\r\nllo\r\n0\r\n\r\n"],
      status: 200, body: "hello", length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n"],
      status: 200,
      body: "hello", length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.0 200 OK\r\n\r\nhello"], ends: true, status: 200, body: "hello", length: nil,
      coding: "chunked"),
    Framing(pieces: ["HTTP/1.1 204 None\r\n\r\n"], status: 204, body: "", length: nil, coding: nil),
    Framing(
      pieces: ["HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n"], status: 304, body: "", length: nil,
      coding: nil),
    Framing(
      method: "HEAD", pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], status: 200, body: "",
      length: "5",
      coding: nil),
    Framing(
      method: "HEAD", pieces: ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], status: 200,
      body: "",
      length: nil, coding: "chunked"),
    Framing(
      pieces: ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
      status: 502,
      body: "502 Bad Gateway\n", length: "16", coding: nil),
  ])
  func `framing is decided anew`(framing: Framing) throws {
    let steps = framing.pieces.flatMap { [SimulatedPeer.Step.send($0), .pause(.milliseconds(2))] }
    let request = Heads.behind("/x", framing.method)
    let server = SimulatedPeer.server(after: request.utf8.count, steps + (framing.ends ? [.close] : []))
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front("/x", framing.method), method: framing.method)
    scenario.run()
    let answer = try #require(client.answers.first, "\(client.malformed ?? "") \(framing)")
    #expect(answer.status == framing.status && answer.text == framing.body)
    #expect(answer["content-length"] == framing.length && answer["transfer-encoding"] == framing.coding)
    #expect(client.trailingCount == 0 && !client.isDisconnected)
    #expect(server.receivedText == request)
    scenario.end()
  }

  @Test func `bodies go on with the length that they came with, or in chunks`() throws {
    for (fields, body, size) in [
      ("Content-Length: 5\r\n", "hello", 0),
      ("Content-Length: 40000\r\n", String(repeating: "x", count: 40000), 700),
      ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", 0), ("Content-Length: 5\r\n", "hello", 2),
      ("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", 3),
    ] {
      let expected = Heads.behind("/x", "POST", fields) + body
      let server = SimulatedPeer.server(
        after: expected.utf8.count, [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
      var scenario = try ProxyScenario([server])
      let bytes = Array(body.utf8)
      let front = Heads.front("/x", "POST", fields)
      var steps: [SimulatedPeer.Step] = []
      if size > 0 {
        for start in stride(from: 0, to: bytes.count, by: size) {
          steps += [.pause(.milliseconds(1)), .send(Array(bytes[start..<min(bytes.count, start + size)]))]
        }
      }
      let client = scenario.ask(size > 0 ? front : front + body, method: "POST", then: steps)
      scenario.run()
      #expect(client.answers.map(\.text) == ["ok"], "\(fields) \(size)")
      let head = Heads.behind("/x", "POST", fields)
      let received = server.receivedText
      try #require(received.hasPrefix(head), "\(fields) \(size)")
      if fields.hasPrefix("C") {
        #expect(received == expected, "\(fields) \(size)")
      } else {
        // Chunks may be cut anew.
        #expect(unchunked(received.dropFirst(head.count)) == "hello", "\(fields) \(size)")
      }
      scenario.end()
    }
  }

  /// The content of chunks, which end with the text.
  private func unchunked(_ text: some StringProtocol) -> String {
    var content = ""
    var lines = text.components(separatedBy: "\r\n")[...]
    while let size = lines.popFirst().flatMap({ Int($0, radix: 16) }), size > 0 {
      let chunk = lines.popFirst() ?? ""
      #expect(chunk.utf8.count == size)
      content += chunk
    }
    #expect(lines == ["", ""], "no trailers, and nothing behind the last chunk")
    return content
  }
}

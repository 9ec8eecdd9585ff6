import Apus
import ApusTesting
import ApusWire
import Testing

/// Where a redirect leads, byte by byte.
@Suite struct RedirectTests {
  /// The target that is asked for behind a redirect with this Location; nil if it is not followed.
  private func followed(_ location: [UInt8]) -> String? {
    let redirect =
      Array("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ".utf8) + location + Array("\r\n\r\n".utf8)
    let server = SimulatedPeer(
      "server",
      steps: [
        .awaitBytes(Servers.requestBytes), .send(redirect), .awaitBytes(Servers.requestBytes + 1),
        .send(Array(Servers.ok("there").utf8)), .awaitBytes(.max),
      ])
    let simulation = ClientSimulation([server])
    let outcome = simulation.outcome()
    #expect(simulation.finish() == [])
    guard outcome == .answered(200, "there") else { return nil }
    let lines = String(decoding: server.received, as: UTF8.self).split(separator: "\r\n")
    return lines.last { $0.hasPrefix("GET ") }?.split(separator: " ").dropFirst().first.map(String.init)
  }

  @Test func `bytes of a Location that no URL has are asked for as they came, each as %XX`() {
    #expect(followed(Array("/caf".utf8) + [0xE9]) == "/caf%E9")
    #expect(
      followed(Array("/".utf8) + [0xFF, 0xC3, 0x28, 0x80] + Array("?q=".utf8) + [0xFE]) == "/%FF%C3(%80?q=%FE"
    )
    #expect(followed(Array("/\u{E9}t\u{E9}".utf8)) == "/%C3%A9t%C3%A9")
    #expect(followed(Array("/a b\tc".utf8)) == "/a%20b%09c")
    #expect(followed(Array("http://10.0.0.1/".utf8) + [0xE4] + Array("#x".utf8)) == "/%E4")
    #expect(followed(Array("/%e9%2F%zz".utf8)) == "/%e9%2F%zz")
  }

  @Test func `fields that describe a body are dropped with it at a redirect`() {
    let moved = "HTTP/1.1 303 See Other\r\nContent-Length: 0\r\nConnection: close\r\nLocation: /there\r\n\r\n"
    let server = Servers.once(Servers.ok("there"))
    let simulation = ClientSimulation([Servers.once(moved, then: [.close]), server])
    let outcome = simulation.outcome { request in
      request.method = "POST"
      request.body = .text("x")
      request.fields = [
        "Content-Encoding", "Content-Location", "content-md5", "Digest", "Repr-Digest", "Last-Modified",
        "X-Kept",
      ].compactMap { ResponseField(name: $0, value: "v") }
    }
    #expect(outcome == .answered(200, "there"))
    let asked = String(decoding: server.received, as: UTF8.self)
    let rest = "Host: \(ClientSimulation.host)\r\nX-Kept: v\r\nUser-Agent: Apus\r\n\r\n"
    #expect(asked == "GET /there HTTP/1.1\r\n" + rest)
    #expect(simulation.finish() == [])
  }

  @Test(arguments: [
    "https://10.0.0.1/", "ftp://10.0.0.1/", "mailto:ana", "http://\u{E9}/", "http://a:b@10.0.0.1/",
  ])
  func `a redirect that cannot be followed is its caller's to see`(location: String) {
    #expect(followed(Array(location.utf8)) == nil)
  }
}

// Requests that are refused before they are understood: the log shows what came of their first line.

import ApusEngine
import ApusTesting
import Testing

@Suite struct RefusedRequestLogTests {
  /// What is sent, the status of its answer, and the request as its line shows it.
  static let cases: [(String, Int, String)] = [
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "GET /a b HTTP/1.1"),
    ("\r\nGET / HTTP/1.1\r\nBad Field: x\r\n\r\n", 400, "GET / HTTP/1.1"),
    ("GET / HTTP/1.1\nHost: a\n\n", 400, "GET / HTTP/1.1"),
    ("\u{16}\u{3}\u{1}hello", 400, #"\u0016\u0003\u0001hello"#),
    ("GET /\(String(repeating: "x", count: 20_000)) HTTP/1.1\r\n\r\n", 414, "GET /xxxx"),
    ("GET /long HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n", 431, "GET /long HTTP/1.1"),
    ("GET /slow HTTP/1.1\r\nHost: a\r\n", 408, "GET /slow HTTP/1.1"),
    ("GET /sl", 408, "GET /sl"),
    ("GET / HTTP/2.5\r\nHost: a\r\n\r\n", 505, "GET / HTTP/2.5"),
    ("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "POST /x HTTP/1.1"),
    ("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "POST /x HTTP/1.1"),
    ("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", 408, "POST /x HTTP/1.1"),
    ("POST /n/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n", 413, "POST /n/1 HTTP/1.1"),
    ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "GET /%zz HTTP/1.1"),
    ("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", 417, "GET / HTTP/1.1"),
  ]

  @Test(arguments: cases)
  func `the line of a refused request shows what came of it`(sent: String, status: Int, request: String) {
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(sent)])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    let lines = scenario.kernel.logLines
    #expect(peer.answers.map(\.status) == [status])
    #expect(lines.map(\.status) == [status], "\(lines)")
    #expect(lines.allSatisfy { $0["request"].hasPrefix(request) && !$0.isCut }, "\(lines)")
    if status != 414 { #expect(lines.first?["request"] == request) }
    scenario.end()
  }
}

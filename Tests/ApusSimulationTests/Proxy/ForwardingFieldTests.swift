import Apus
import ApusTesting
import Testing

/// What a client says of itself in a server's eyes does not pass a proxy.
@Suite struct ForwardingFieldTests {
  private static let claims = [
    "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Server", "x-forwarded-anything", "X-Forwarded",
    "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "Client-IP", "CF-Connecting-IP",
    "Fastly-Client-IP", "Forwarded", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-Scheme",
    "X-Url-Scheme", "Front-End-Https", "Proxy",
  ]
  private static let twins = [
    "X_Forwarded_For", "X-Forwarded_For", "x_real_ip", "Content_Length", "Transfer_Encoding", "X_Own", "_",
    "a_",
    "a_name_that_is_longer_than_any_that_a_server_knows_by_itself",
  ]

  private func received(_ names: [String], _ configure: (inout ProxyConfiguration) -> Void = { _ in }) throws
    -> String
  {
    let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    var scenario = try ProxyScenario([server], configure)
    scenario.ask(Heads.front("/x", "GET", names.map { "\($0): 6\r\n" }.joined()))
    scenario.run(for: .milliseconds(10))
    let text = server.receivedText
    scenario.end()
    return text
  }

  @Test func `forwarding fields that the proxy does not set are left out, too`() throws {
    for name in Self.claims {
      #expect(
        try received(["X-A", name, "X-B"]) == Heads.behind("/x", "GET", "X-A: 6\r\nX-B: 6\r\n"), "\(name)")
    }
    #expect(
      try received(["X-Forwarde", "Via", "Origin", "X-Proxy"])
        == Heads.behind("/x", "GET", "X-Forwarde: 6\r\nVia: 6\r\nOrigin: 6\r\nX-Proxy: 6\r\n"))
  }

  @Test func `a peer in front that is trusted says what it likes but where a name is a trap`() throws {
    let names = Self.claims.filter { $0 != "Proxy" }
    let passed = names.map { "\($0): 6\r\n" }.joined()
    #expect(
      try received(names + ["Proxy", "X_Forwarded_For"]) { $0.trustsForwarded = true }
        == Heads.behind("/x", "GET", passed))
  }

  @Test func `names with an underscore are left out`() throws {
    for name in Self.twins {
      #expect(
        try received(["X-A", name, "X-B"]) == Heads.behind("/x", "GET", "X-A: 6\r\nX-B: 6\r\n"), "\(name)")
    }
  }

  @Test func `names with an underscore pass where they are allowed, but for twins of what is left out`()
    throws
  {
    #expect(
      try received(Self.twins) { $0.passesUnderscores = true }
        == Heads.behind(
          "/x", "GET",
          ["X_Own", "_", "a_", "a_name_that_is_longer_than_any_that_a_server_knows_by_itself"]
            .map { "\($0): 6\r\n" }.joined()))
    let trusting = try received(["X_Forwarded_For", "Keep_Alive", "Y_Z"]) {
      $0.passesUnderscores = true
      $0.trustsForwarded = true
    }
    #expect(trusting == Heads.behind("/x", "GET", "Y_Z: 6\r\n"))
  }

  @Test func `the rules for fields hold for trailers, too`() throws {
    let body =
      "1\r\na\r\n0\r\nX-Sum: 1\r\nX_Sum: 2\r\nX-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6\r\nProxy: 6\r\n\r\n"
    let fields = "Transfer-Encoding: chunked\r\n"
    let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    var scenario = try ProxyScenario([server])
    scenario.ask(Heads.front("/x", "POST", fields) + body, method: "POST")
    scenario.run(for: .milliseconds(10))
    #expect(
      server.receivedText == Heads.behind("/x", "POST", fields) + "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n")
    scenario.end()
  }
}

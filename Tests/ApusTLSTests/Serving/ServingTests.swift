// A server and a client over loopback, as a program would have them.

import Apus
import ApusEngine
import ApusRing
import ApusTLS
import ApusTestSupport
import ApusWire
import Testing

@Suite(.elsewhere) struct ServingTests {
  let pki = TestPKI()

  @Test func `a request over TLS is answered, and says what the handshake agreed on`() async throws {
    let client = try pki.client()
    let (texts, summary) = try await withSecureServer(.tls(try pki.serverSettings())) { _, url in
      [
        try await client.get("\(url)/hello").text, try await client.get("\(url)/scheme").text,
        try await client.get("\(url)/security").text,
      ]
    }
    #expect(texts[0] == "Hello, World!" && texts[1] == "https")
    #expect(texts[2] == "tls13 TLS_AES_128_GCM_SHA256 localhost false nobody")
    #expect(summary.connections == 1)
  }

  @Test func `a new connection resumes the session of the one before, by a ticket that is used once`()
    async throws
  {
    let client = try pki.client()
    let (texts, summary) = try await withSecureServer(.tls(try pki.serverSettings())) { server, url in
      var texts: [String] = []
      for _ in 0..<3 {
        var request = ClientRequest(.get, "\(url)/security")
        request.closesConnection = true
        texts.append(try await client.send(request).text)
      }
      #expect(server.metrics.handshakes.all == 3 && server.metrics.handshakes.resumed == 2)
      return texts
    }
    #expect(texts.map { $0.contains(" true ") } == [false, true, true])
    #expect(summary.connections == 3)
  }

  @Test(arguments: [1, 16_383, 16_384, 100_000, 5_000_000])
  func `a body goes there and back whole`(count: Int) async throws {
    let client = try pki.client()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let (echo, _) = try await withSecureServer(.tls(try pki.serverSettings())) { _, url in
      try await client.send(
        ClientRequest(.post, "\(url)/echo", body: .bytes(bytes, type: nil)), upTo: 8 << 20
      ).bytes
    }
    #expect(echo == bytes)
  }

  @Test func `a client with a good certificate is known, one without is refused`() async throws {
    var settings = try pki.serverSettings()
    settings.clientAuthentication = .required(try TrustStore(pki.root))
    let known = try pki.client(certificate: pki.client)
    let unknown = try pki.client()
    let (text, summary) = try await withSecureServer(.tls(settings)) { server, url in
      await #expect(throws: ClientError.self) { _ = try await unknown.get("\(url)/hello") }
      let failures = server.metrics.handshakeFailures.filter { $0.count > 0 }
      #expect(failures.map(\.reason) == ["missing-certificate"])
      return try await known.get("\(url)/security").text
    }
    #expect(text == "tls13 TLS_AES_128_GCM_SHA256 localhost false CN=ana ana@example.com")
    #expect(summary.closes.contains { $0.reason == "tls-failure" && $0.count == 1 })
  }

  @Test func `a certificate that replaces another is for new connections, and ends no old one`()
    async throws
  {
    let security = ServerSecurity.tls(try pki.serverSettings())
    let other = TestPKI()
    let before = try pki.client()
    let after = try other.client()
    _ = try await withSecureServer(security) { _, url in
      let first = try await before.get("\(url)/hello")
      #expect(first.text == "Hello, World!")
      await #expect(throws: ClientError.self) { _ = try await after.get("\(url)/hello") }
      security.use(try other.serverSettings())
      // Cores take it at their next turn.
      var isTaken = false
      for _ in 0..<1000 where !isTaken { isTaken = (try? await after.get("\(url)/hello").status) == .ok }
      #expect(isTaken)
      let old = try await before.get("\(url)/hello")
      #expect(old.text == "Hello, World!" && old.connection.isReused)
    }
  }

  @Test func `plain HTTP at a port for TLS gets 400 in plain text`() async throws {
    let plain = Client()
    _ = try await withSecureServer(.tls(try pki.serverSettings())) { server, _ in
      let response = try await plain.get("http://127.0.0.1:\(server.port)/hello")
      #expect(response.status == .badRequest && response.text.contains("HTTPS"))
    }
  }

  @Test func `plain addresses redirect to TLS, and only responses over TLS say HSTS`() async throws {
    let client = try pki.client()
    let plain = Client()
    _ = try await withSecureServer(.tls(try pki.serverSettings())) {
      $0.plainListen = [.tcp("127.0.0.1", 0)]
      $0.plainAction = .redirect()
      $0.strictTransport = .seconds(60)
    } _: { server, url in
      guard case .tcp(_, let port) = server.addresses[1] else { return }
      let secure = try await client.get("\(url)/hello")
      #expect(secure.header("strict-transport-security") == "max-age=60")
      let missing = try await client.get("\(url)/nothing")
      #expect(missing.header("strict-transport-security") == "max-age=60")
      let redirect = try await plain.get("http://localhost:\(port)/a%20b?c=d")
      #expect(redirect.statusCode == 308)
      #expect(redirect.header("location") == "https://localhost:\(server.port)/a%20b?c=d")
      #expect(redirect.header("strict-transport-security") == nil)
      let followed = try await client.get("http://localhost:\(port)/scheme")
      #expect(followed.text == "https")
    }
  }

  @Test func `the access log says TLS of what came over TLS only, on one slot after the other`() async throws
  {
    let tree = TemporaryTree()
    let log = try AccessLogConfiguration(format: .json, appendingTo: tree.path + "/log")
    let client = try pki.client()
    _ = try await withSecureServer(.tls(try pki.serverSettings())) {
      $0.plainListen = [.tcp("127.0.0.1", 0)]
      $0.accessLog = log
    } _: { server, url in
      guard case .tcp(_, let port) = server.addresses[1] else { return }
      for url in ["\(url)/hello", "http://127.0.0.1:\(port)/scheme"] {
        var request = ClientRequest(.get, url)
        request.closesConnection = true
        _ = try await client.send(request)
      }
    }
    let bytes = try #require(try WholeFile.read(tree.path + "/log", upTo: 1 << 16))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasSuffix(#""tls":"TLSv1.3","suite":"TLS_AES_128_GCM_SHA256"}"#) == true)
    #expect(lines.last?.contains("tls") == false)
  }

  @Test func `metrics count handshakes by version and suite, and say when the certificate expires`()
    async throws
  {
    let client = try pki.client()
    let settings = try pki.serverSettings()
    _ = try await withSecureServer(.tls(settings)) { server, url in
      _ = try await client.get("\(url)/hello")
      let text = server.metrics.prometheusText
      #expect(text.contains("apus_tls_handshakes_total{version=\"TLSv1.3\"} 1\n"))
      #expect(text.contains("apus_tls_suites_total{suite=\"TLS_AES_128_GCM_SHA256\"} 1\n"))
      #expect(
        text.contains(
          "apus_tls_certificate_expiry_timestamp_seconds \(settings.certificates.earliestExpiry)\n"))
    }
  }

  @Test func `a server behind a proxy is spoken to over TLS, and one that is not believed gives 502`()
    async throws
  {
    let other = TestPKI()
    let client = Client()
    _ = try await withSecureServer(.tls(try pki.serverSettings())) { _, url in
      var believing = ProxyConfiguration(upstreams: [url])
      believing.client.security = .tls(TLSClientConfiguration(.authorities(try TrustStore(pki.root))))
      var doubting = ProxyConfiguration(upstreams: [url])
      doubting.client.security = .tls(TLSClientConfiguration(.authorities(try TrustStore(other.root))))
      believing.stripsPrefix = true
      doubting.stripsPrefix = true
      var router = Router()
      router.proxy("/good", believing)
      router.proxy("/bad", doubting)
      _ = try await withSecureServer(nil, router) { server, front in
        let good = try await client.get("\(front)/good/hello")
        let scheme = try await client.get("\(front)/good/scheme")
        let bad = try await client.get("\(front)/bad/hello")
        #expect(good.text == "Hello, World!")
        #expect(scheme.text == "https")
        #expect(bad.status == .badGateway)
        #expect(server.metrics.proxyFailures.contains { $0.reason == "tls-failed" && $0.count == 1 })
      }
    }
  }
}

// Servers that a client must not believe, each with the sentence that names the reason.

import Apus
import ApusEngine
import ApusRing
import ApusTLS
import ApusTestSupport
import Testing

@Suite(.elsewhere) struct BadServerTests {
  /// A server's certificate, the name that it is asked for, and what the client says.
  struct Bad: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let certificate: @Sendable (TestCertificate) -> TestCertificate
    var host = "localhost"
    var sendsIssuers = true
    let reason: String
  }

  static let all: [Bad] = [
    Bad(
      testDescription: "expired",
      certificate: { $0.issue("localhost", from: -30, days: 10) }, reason: "expired on"),
    Bad(
      testDescription: "not yet valid",
      certificate: { $0.issue("localhost", from: 5) }, reason: "holds only from"),
    Bad(
      testDescription: "for another host",
      certificate: { $0.issue("example.com") },
      reason: "not for the name that was asked for: it is for example.com"
    ),
    Bad(
      testDescription: "a common name only",
      certificate: { $0.issue("localhost", names: "email:nobody@example.com") },
      reason: "it names no host and no address"),
    Bad(
      testDescription: "an address that is not named",
      certificate: { $0.issue("localhost") }, host: "127.0.0.1", reason: "it is for localhost"),
    Bad(
      testDescription: "a wildcard over two labels",
      certificate: { $0.issue("*.test", names: "DNS:*.test") }, host: "a.b.test", reason: "it is for *.test"),
    Bad(
      testDescription: "its own issuer",
      certificate: { _ in TestCertificate("localhost", names: "DNS:localhost") },
      reason: "vouches for itself"),
    Bad(
      testDescription: "of an authority that nobody knows",
      certificate: { _ in TestCertificate.root("Another Root").issue("localhost") },
      reason: "no authority that is known"),
    Bad(
      testDescription: "without the issuer in between",
      certificate: { $0.issue("Between", isAuthority: true).issue("localhost") }, sendsIssuers: false,
      reason: "leaves out a certificate in between"),
  ]

  @Test(arguments: all)
  func `a client refuses it, and says why`(bad: Bad) async throws {
    let pki = TestPKI()
    let certificate = bad.certificate(pki.root)
    let chain = bad.sendsIssuers ? certificate.chainPEM : certificate.pem
    // At a time at which the server may use it.
    let set = try CertificateSet(
      [.bytes(chain: chain, key: certificate.keyPEM, name: "bad.pem")], at: certificate.middle)
    let ((), summary) = try await withSecureServer(.tls(TLSServerConfiguration(certificates: set))) {
      server, _ in
      let address = try #require(SocketAddress.numeric(host: "127.0.0.1", port: server.port))
      let client = Client(try pki.clientConfiguration(), addresses: [bad.host: [address]])
      do {
        _ = try await client.get("https://\(bad.host):\(server.port)/hello")
        Issue.record("the server was believed")
      } catch ClientError.tlsFailed(let why) {
        #expect(why.contains(bad.reason))
      }
    }
    #expect(summary.requests == 0)
  }
}

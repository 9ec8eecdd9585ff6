// Whom a client believes, and what it says of those that it does not.

import ApusEngine
import ApusTLS
import Testing

@Suite struct VerificationTests {
  private static let root = TestCertificate.root()

  private func failure(
    _ certificate: TestCertificate, as name: String = "a.test", root: TestCertificate = Self.root
  ) throws -> SecureFailure? {
    let pair = try World.unchecked(certificate, root: root).talked(as: SecureIdentity(name: name))
    #expect(pair.isOpen || pair.server.session.failure?.reason == .peerAlert)
    return pair.client.session.failure
  }

  private func reason(_ certificate: TestCertificate, as name: String = "a.test") throws -> SecureFailure
    .Reason?
  {
    try failure(certificate, as: name)?.reason
  }

  @Test func `a chain of three is verified, and shown with its dates`() throws {
    let middle = Self.root.issue("Middle", isAuthority: true)
    let pair = try World(middle.issue("a.test"), root: Self.root).talked()
    #expect(pair.isOpen)
    let chain = pair.client.session.peerCertificates
    #expect(chain.map(\.subject) == ["CN=a.test", "CN=Middle"])
    #expect(chain.map(\.issuer) == ["CN=Middle", "CN=Test Root"])
    #expect(chain.allSatisfy { $0.notBefore < TestCertificate.now && $0.notAfter > TestCertificate.now })
  }

  @Test func `what has expired is refused with its date`() throws {
    let failure = try failure(Self.root.issue("a.test", from: -20, days: 10))
    #expect(failure?.reason == .certificateExpired)
    #expect(failure?.explanation.contains("`CN=a.test` expired on 20") == true)
  }

  @Test func `what does not hold yet is refused`() throws {
    #expect(try reason(Self.root.issue("a.test", from: 5, days: 10)) == .certificateNotYetValid)
  }

  @Test func `another host's certificate is refused with its names`() throws {
    let failure = try failure(Self.root.issue("x", names: "DNS:b.test,IP:192.0.2.7,IP:2001:db8::7"))
    #expect(failure?.reason == .nameMismatch)
    #expect(failure?.explanation.contains("b.test, 192.0.2.7, 2001:db8::7") == true)
  }

  @Test func `a name that stands in the common name only does not count`() throws {
    let failure = try failure(Self.root.issue("a.test", names: "email:a@a.test"))
    #expect(failure?.reason == .nameMismatch)
    #expect(failure?.explanation.contains("names no host") == true)
  }

  @Test(arguments: [("x.a.test", true), ("a.test", false), ("y.x.a.test", false), ("xx.b.test", false)])
  func `a wildcard is for one whole label`(name: String, isGood: Bool) throws {
    let certificate = Self.root.issue("wild", names: "DNS:*.a.test,DNS:x*.b.test")
    #expect(try reason(certificate, as: name) == (isGood ? nil : .nameMismatch))
  }

  @Test(arguments: [("192.0.2.1", true), ("2001:db8:0::1", true), ("192.0.2.2", false), ("::1", false)])
  func `an address must stand in the certificate as an address`(address: String, isGood: Bool) throws {
    let certificate = Self.root.issue("a", names: "IP:192.0.2.1,IP:2001:db8::1,DNS:192.0.2.2")
    #expect(try reason(certificate, as: address) == (isGood ? nil : .nameMismatch))
  }

  @Test func `a certificate that vouches for itself is refused, unless it is named`() throws {
    let alone = TestCertificate("a.test", names: "DNS:a.test")
    #expect(try reason(alone) == .selfSigned)
    #expect(try failure(alone, root: alone) == nil)
  }

  @Test func `an unknown authority is refused, and its name is told`() throws {
    let failure = try failure(TestCertificate.root("Stranger").issue("a.test"))
    #expect(failure?.reason == .unknownAuthority)
    #expect(failure?.explanation.contains("comes from `CN=Stranger`") == true)
  }

  @Test func `a chain without its middle is refused, and what is missing is told`() throws {
    let middle = Self.root.issue("Middle", isAuthority: true)
    let server = middle.issue("a.test")
    let cut = CertificateSet.Source.bytes(chain: server.pem, key: server.keyPEM, name: "cut.pem")
    var world = try World(root: Self.root)
    world.server.certificates = try CertificateSet([cut], at: TestCertificate.now)
    let failure = world.talked().client.session.failure
    #expect(failure?.reason == .unknownAuthority)
    #expect(failure?.explanation.contains("CN=Middle") == true)
    #expect(failure?.explanation.contains("leaves out a certificate") == true)
  }

  @Test func `an authority in the middle may be trusted by itself`() throws {
    let middle = Self.root.issue("Middle", isAuthority: true)
    #expect(try failure(middle.issue("a.test"), root: middle) == nil)
  }

  @Test func `one that may not certify does not`() throws {
    let host = Self.root.issue("host.test")
    let server = host.issue("a.test")
    let alone = CertificateSet.Source.bytes(chain: server.pem, key: server.keyPEM, name: "alone.pem")
    var world = try World(root: host)
    world.server.certificates = try CertificateSet([alone], at: TestCertificate.now)
    #expect(world.talked().client.session.failure?.reason == .invalidCertificate)
  }

  @Test func `without verification anybody is believed, and the certificate is still shown`() throws {
    var world = try World.unchecked(Self.root.issue("b.test", from: -20, days: 10), root: Self.root)
    world.client.verification = .off
    let pair = world.talked()
    #expect(pair.isOpen && pair.client.session.facts.peer?.names == ["b.test"])
  }

  @Test func `control characters of a certificate do not reach a terminal`() throws {
    let failure = try failure(Self.root.issue("a\u{1B}[31m\u{7}b", names: "DNS:b.test"))
    #expect(failure?.reason == .nameMismatch)
    #expect(failure?.explanation.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } == true)
  }
}

// Which certificate goes with which name.

import ApusEngine
import ApusTLS
import Testing

@Suite struct ServerNameTests {
  private static let root = TestCertificate.root()
  private static let fallback = root.issue("first.test")
  private static let wildcard = root.issue("wild", names: "DNS:*.example.test,DNS:other.test")
  private static let exact = root.issue("Exact", names: "DNS:Exact.example.test")

  @Test(arguments: [
    ("first.test", "CN=first.test"), ("other.test", "CN=wild"), ("a.example.test", "CN=wild"),
    ("exact.example.test", "CN=Exact"), ("EXACT.example.TEST", "CN=Exact"),
    ("exact.example.test.", "CN=Exact"),
    ("a.b.example.test", "CN=first.test"), ("example.test", "CN=first.test"), ("unknown", "CN=first.test"),
    ("192.0.2.1", "CN=first.test"),
  ])
  func `an exact name comes before a wildcard, and the first certificate is for all others`(
    name: String, subject: String
  ) throws {
    var world = try World(Self.fallback, Self.wildcard, Self.exact, root: Self.root)
    world.client.verification = .off
    let pair = world.talked(as: SecureIdentity(name: name))
    #expect(pair.isOpen)
    #expect(pair.client.session.peerCertificates.first?.subject == subject)
  }

  @Test func `an address is not asked for by name`() throws {
    var world = try World()
    world.client.verification = .off
    for address in ["127.0.0.1", "::1", "2001:db8::1"] {
      #expect(world.talked(as: SecureIdentity(name: address)).server.session.facts.serverName == nil)
    }
  }

  @Test func `of two certificates for a name the first is used, and the other is told`() throws {
    let second = Self.root.issue("again", names: "DNS:first.test")
    let set = try CertificateSet(Self.fallback, second)
    #expect(set.warnings.map(\.matter) == [.nameTaken("first.test")])
    var world = try World(Self.fallback, second, root: Self.root)
    world.client.verification = .off
    #expect(world.talked(as: "first.test").client.session.peerCertificates.first?.subject == "CN=first.test")
  }

  @Test(arguments: ["", ".", "a\u{0}b"])
  func `what is no name fails before anything is sent`(name: String) throws {
    let pair = try World().talked(as: SecureIdentity(name: name))
    #expect(pair.client.session.failure?.reason == .invalidName)
  }
}

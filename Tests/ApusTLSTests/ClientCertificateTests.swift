// Servers that ask their clients who they are.

import ApusEngine
import ApusTLS
import Testing

@Suite struct ClientCertificateTests {
  private static let authority = TestCertificate.root("Client Root")
  private static let person = authority.issue("person", names: "email:me@a.test,URI:spiffe://a.test/me")

  private func pair(
    _ authentication: TLSServerConfiguration.ClientAuthentication, showing certificate: TestCertificate?,
    _ version: SecureVersion = .tls13
  ) throws -> Pair {
    var world = try World()
    world.server.clientAuthentication = authentication
    world.server.maximumVersion = version
    world.client.certificate = try certificate.map { try CertificateSet($0) }
    return world.talked()
  }

  @Test(arguments: SecureVersion.allCases)
  func `a good certificate is taken, and its subject and names are known`(version: SecureVersion) throws {
    for authentication in [
      TLSServerConfiguration.ClientAuthentication.asked(try TrustStore(Self.authority)),
      .required(try TrustStore(Self.authority)),
    ] {
      let pair = try pair(authentication, showing: Self.person, version)
      #expect(pair.isOpen)
      let peer = pair.server.session.facts.peer
      #expect(peer?.subject == "CN=person" && peer?.issuer == "CN=Client Root")
      #expect(peer?.names == ["me@a.test", "spiffe://a.test/me"])
    }
  }

  @Test func `who is not asked shows nothing`() throws {
    let pair = try pair(.off, showing: Self.person)
    #expect(pair.isOpen && pair.server.session.facts.peer == nil)
  }

  @Test func `a client without a certificate is served where it is only asked`() throws {
    let pair = try pair(.asked(try TrustStore(Self.authority)), showing: nil)
    #expect(pair.isOpen && pair.server.session.facts.peer == nil)
  }

  @Test(arguments: SecureVersion.allCases)
  func `a client without a certificate is refused where one is required, and learns why`(
    version: SecureVersion
  )
    throws
  {
    let pair = try pair(.required(try TrustStore(Self.authority)), showing: nil, version)
    // A client of 1.3 is told behind its own handshake; 1.2 has no alert of its own for it.
    #expect(pair.reasons == [version == .tls13 ? .missingCertificate : .noSharedSuite, .missingCertificate])
  }

  @Test func `a bad certificate is refused even where none is required`() throws {
    let stranger = TestCertificate.root("Stranger").issue("person")
    let expired = Self.authority.issue("person", from: -20, days: 10)
    for (certificate, reason) in [
      (stranger, SecureFailure.Reason.unknownAuthority), (expired, .certificateExpired),
    ] {
      var world = try World()
      world.server.clientAuthentication = .asked(try TrustStore(Self.authority))
      world.client.certificate = try CertificateSet(
        [certificate.source], at: certificate.middle)
      #expect(world.talked().reasons == [.peerAlert, reason])
    }
  }

  @Test func `a revoked certificate is refused, and others of its authority are not`() throws {
    let store = try TrustStore(Self.authority, revoked: [Self.authority.revoking([Self.person])])
    #expect(try pair(.required(store), showing: Self.person).reasons == [.peerAlert, .certificateRevoked])
    #expect(try pair(.required(store), showing: Self.authority.issue("other")).isOpen)
  }

  @Test func `an old list of revoked certificates is told from a revoked certificate`() throws {
    let store = try TrustStore(Self.authority, revoked: [Self.authority.revoking([], days: -1)])
    #expect(try pair(.required(store), showing: Self.person).reasons == [.peerAlert, .revocationUnknown])
  }

  @Test func `whoever resumes is still known, and a changed list ends what was verified before it`() throws {
    var world = try World()
    world.server.clientAuthentication = .required(try TrustStore(Self.authority))
    world.client.certificate = try CertificateSet(Self.person)
    let connector = TLSConnector(world.client)
    let identity = SecureIdentity(name: "a.test", resumptionKey: "a")
    func connect() -> Pair {
      let pair = Pair(connector, as: identity, TLSAcceptor(world.server))
      pair.talk()
      return pair
    }
    _ = connect()
    let resumed = connect()
    #expect(
      resumed.server.session.facts.isResumed && resumed.server.session.facts.peer?.subject == "CN=person")
    world.server.clientAuthentication = .required(
      try TrustStore(Self.authority, revoked: [Self.authority.revoking([Self.person])]))
    #expect(connect().reasons == [.peerAlert, .certificateRevoked])
  }
}

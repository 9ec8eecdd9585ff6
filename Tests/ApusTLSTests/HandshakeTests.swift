// What both ends agree on.

import ApusEngine
import ApusTLS
import Testing

@Suite struct HandshakeTests {
  private func world(_ version: SecureVersion) throws -> World {
    var world = try World()
    world.server.maximumVersion = version
    return world
  }

  @Test(arguments: SecureVersion.allCases)
  func `both ends agree on version, suite, protocol and name`(version: SecureVersion) throws {
    let pair = try world(version).talked()
    #expect(pair.isOpen)
    for (end, role) in [(pair.client, SecureFacts.Role.client), (pair.server, .server)] {
      let facts = end.session.facts
      #expect(facts.role == role && facts.version == version && !facts.isResumed)
      #expect(facts.suite?.name.contains("AES_128_GCM_SHA256") == true)
      #expect(facts.applicationProtocol == .http11 && facts.serverName == "a.test")
    }
    let certificate = try #require(pair.client.session.peerCertificates.first)
    #expect(certificate.subject == "CN=a.test" && certificate.issuer == "CN=Test Root")
    #expect(certificate.names == ["a.test"] && certificate.notAfter > TestCertificate.now)
    #expect(pair.server.session.facts.peer == nil && pair.server.session.peerCertificates.isEmpty)
  }

  @Test(arguments: SecureVersion.allCases, [1, 2, 3, 5, 17, 255, 1460])
  func `records may be cut anywhere`(version: SecureVersion, cut: Int) throws {
    let pair = try world(version).pair()
    pair.talk(cut: cut)
    #expect(pair.isOpen)
    pair.client.send(Array("question".utf8))
    pair.server.send(Array("head".utf8), Array("body".utf8))
    pair.talk(cut: cut)
    #expect(pair.server.received == Array("question".utf8))
    #expect(pair.client.received == Array("headbody".utf8))
  }

  @Test(arguments: SecureVersion.allCases)
  func `a handshake goes on where there is little room for its answers`(version: SecureVersion) throws {
    let pair = try world(version).pair()
    pair.client.roomBytes = 64
    pair.server.roomBytes = 64
    pair.talk()
    #expect(pair.isOpen)
  }

  @Test func `a server that speaks 1.3 only refuses a client of 1.2, and each is told`() throws {
    var world = try World()
    world.server.minimumVersion = .tls13
    world.client.maximumVersion = .tls12
    #expect(world.talked().reasons == [.noSharedVersion, .noSharedVersion])
  }

  @Test func `the server's order of protocols decides`() throws {
    var world = try World()
    world.server.protocols = [.http2, .http11]
    let both = SecureIdentity(name: "a.test", protocols: [.http11, .http2])
    #expect(world.talked(as: both).client.session.facts.applicationProtocol == .http2)
    #expect(world.talked().server.session.facts.applicationProtocol == .http11)
  }

  @Test func `without a protocol in common the handshake fails with no_application_protocol`() throws {
    let pair = try World().talked(as: SecureIdentity(name: "a.test", protocols: [.http2]))
    #expect(pair.reasons == [.noSharedProtocol, .noSharedProtocol])
  }

  @Test func `a client without ALPN gets no protocol, and is served`() throws {
    let pair = try World().talked(as: SecureIdentity(name: "a.test", protocols: []))
    #expect(pair.isOpen && pair.server.session.facts.applicationProtocol == nil)
  }

  @Test func `a connection that ends during the handshake is a failure, and after it is none`() throws {
    let world = try World()
    let begun = world.pair()
    begun.client.run()
    begun.client.session.peerEnded()
    #expect(begun.client.session.failure?.reason == .peerLeft)
    let done = world.talked()
    done.client.session.peerEnded()
    #expect(done.isOpen)
  }

  @Test func `four hundred handshakes over one BIO do not meet, though a hundred end in the middle`() throws {
    var world = try World()
    let acceptors = [TLSAcceptor(world.server)]
    world.client.maximumVersion = .tls12
    let connectors = [TLSConnector(world.client), TLSConnector(try World().client)]
    var pairs = (0..<400).map { Pair(connectors[$0 % 2], acceptors[0]) }
    for pair in pairs { pair.client.run() }
    var step = 0
    while pairs.contains(where: { !$0.client.outbox.isEmpty || !$0.server.outbox.isEmpty }) {
      for (index, pair) in pairs.enumerated() { pair.step(cut: 200 + index % 7) }
      step += 1
      if step == 3 { pairs.removeSubrange(150..<250) }
    }
    #expect(pairs.count == 300 && pairs.allSatisfy(\.isOpen))
    for (index, pair) in pairs.enumerated() { pair.client.send(Array("\(index)".utf8)) }
    for pair in pairs { pair.talk() }
    #expect(pairs.map(\.server.received) == pairs.indices.map { Array("\($0)".utf8) })
  }
}

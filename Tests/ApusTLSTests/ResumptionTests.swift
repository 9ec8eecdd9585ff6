// Sessions that go on where an earlier one ended.

import ApusEngine
import ApusTLS
import Testing

@Suite struct ResumptionTests {
  private static let identity = SecureIdentity(name: "a.test", resumptionKey: "https://a.test:443")
  private static let hour: Int64 = 3600

  private func connect(
    _ connector: TLSConnector, _ acceptor: TLSAcceptor, as identity: SecureIdentity = Self.identity
  ) -> Bool {
    let pair = Pair(connector, as: identity, acceptor)
    pair.talk()
    #expect(pair.isOpen)
    #expect(pair.client.session.facts.isResumed == pair.server.session.facts.isResumed)
    return pair.client.session.facts.isResumed
  }

  @Test(arguments: SecureVersion.allCases)
  func `a session is resumed on another core`(version: SecureVersion) throws {
    var world = try World()
    world.server.maximumVersion = version
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    for time in 0..<3 { #expect(connect(connector, TLSAcceptor(world.server)), "time \(time)") }
  }

  @Test func `a session is resumed after new certificates were put in place`() throws {
    var world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    world.server.certificates = try CertificateSet(World.root.issue("a.test"))
    #expect(connect(connector, TLSAcceptor(world.server)))
  }

  @Test func `nothing is resumed with the keys of another server`() throws {
    var world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    world.server.ticketKeys = TicketKeys(at: TestCertificate.now)
    #expect(!connect(connector, TLSAcceptor(world.server)))
  }

  @Test func `a ticket is used once, and each connection brings another`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    // Both begin before either has a new ticket.
    let pairs = (0..<2).map { _ in Pair(connector, as: Self.identity, TLSAcceptor(world.server)) }
    for pair in pairs { pair.talk() }
    #expect(pairs.map(\.client.session.facts.isResumed) == [true, false])
  }

  @Test func `a ticket is for connections with its own key only`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    let other = SecureIdentity(name: "a.test", resumptionKey: "https://a.test:8443")
    #expect(!connect(connector, TLSAcceptor(world.server), as: other))
    #expect(!connect(connector, TLSAcceptor(world.server), as: SecureIdentity(name: "a.test")))
    #expect(connect(connector, TLSAcceptor(world.server)))
  }

  @Test func `a key is good for its own period and the two after it`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    for hours in [11, 12, 24, 35] as [Int64] {
      world.keys.rotate(at: TestCertificate.now + hours * Self.hour)
      #expect(connect(connector, TLSAcceptor(world.server)), "after \(hours) hours")
    }
  }

  @Test func `a key is forgotten after its periods, however long nobody asked`() throws {
    for steps in [[12, 24, 36], [40], [1000]] as [[Int64]] {
      let world = try World()
      let connector = TLSConnector(world.client)
      #expect(!connect(connector, TLSAcceptor(world.server)))
      for hours in steps { world.keys.rotate(at: TestCertificate.now + hours * Self.hour) }
      #expect(!connect(connector, TLSAcceptor(world.server)))
    }
  }

  @Test func `a ticket of an earlier key is replaced by one of the newest`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    #expect(!connect(connector, TLSAcceptor(world.server)))
    for period in 1...6 as ClosedRange<Int64> {
      world.keys.rotate(at: TestCertificate.now + period * 12 * Self.hour)
      #expect(connect(connector, TLSAcceptor(world.server)))
    }
  }

  @Test func `a session whose connection was cut can be resumed`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    do {
      let pair = Pair(connector, as: Self.identity, TLSAcceptor(world.server))
      pair.talk()
      pair.client.session.peerEnded()
    }
    #expect(connect(connector, TLSAcceptor(world.server)))
  }

  @Test func `tickets of many hosts are bounded, and the newest are kept`() throws {
    let world = try World()
    let connector = TLSConnector(world.client)
    let acceptor = TLSAcceptor(world.server)
    let identities = (0..<1100).map { SecureIdentity(name: "a.test", resumptionKey: "\($0)") }
    for identity in identities { #expect(!connect(connector, acceptor, as: identity)) }
    #expect(!connect(connector, acceptor, as: identities[0]))
    #expect(connect(connector, acceptor, as: identities[1099]))
  }
}

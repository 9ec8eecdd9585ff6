// Peers that speak something else, or speak badly.

import ApusEngine
import ApusTLS
import CApusTLS
import Testing

@Suite struct GarbageTests {
  private func server(_ world: World) -> End { End(TLSAcceptor(world.server).makeSession()) }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n\r\n", "POST", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT a:1 HTTP/1.1",
  ])
  func `a request in plain text is told from garbage, and nothing is answered`(text: String) throws {
    let server = server(try World())
    server.inbox = Array(text.utf8)
    server.run()
    #expect(server.session.failure?.reason == .plaintextHTTP && server.outbox.isEmpty)
  }

  @Test(arguments: [
    [0], [0x80, 0x2E, 1, 0, 2], [0x15, 3, 1, 0, 2, 2, 40], [0xFF, 0xFF, 0xFF], [0x17, 3, 3, 0, 1, 0],
  ])
  func `what begins otherwise is no TLS`(bytes: [UInt8]) throws {
    let server = server(try World())
    server.inbox = bytes
    server.run()
    #expect(server.session.failure?.reason == .notTLS)
  }

  @Test func `an answer in plain text is no TLS`() throws {
    let pair = try World().pair()
    pair.client.run()
    pair.client.inbox = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
    pair.client.run()
    #expect(pair.client.session.failure?.reason == .notTLS)
  }

  @Test func `any byte of a hello may be wrong`() throws {
    let world = try World()
    let acceptor = TLSAcceptor(world.server)
    let first = world.pair()
    first.client.run()
    for index in 1..<first.client.outbox.count {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        let pair = Pair(TLSConnector(world.client), acceptor)
        pair.client.run()
        pair.client.outbox[min(index, pair.client.outbox.count - 1)] ^= change
        pair.talk()
        pair.client.session.peerEnded()
        pair.server.session.peerEnded()
        // Some bytes mean nothing, such as those of the name; the rest end both sides.
        #expect(pair.isOpen || !pair.reasons.contains(nil))
      }
    }
    let after = Pair(TLSConnector(world.client), acceptor)
    after.talk()
    #expect(after.isOpen)
  }

  @Test(arguments: SecureVersion.allCases)
  func `a flight with a wrong byte ends both sides with an alert`(version: SecureVersion) throws {
    var world = try World()
    world.server.maximumVersion = version
    // 0: the server's flight, 1: the client's answer.
    for flight in 0...1 {
      let pair = world.pair()
      pair.client.run()
      pair.server.inbox = pair.client.outbox
      pair.client.outbox = []
      pair.server.run()
      if flight == 1 {
        pair.client.inbox = pair.server.outbox
        pair.server.outbox = []
        pair.client.run()
        pair.client.outbox[pair.client.outbox.count - 1] ^= 1
      } else {
        pair.server.outbox[pair.server.outbox.count - 1] ^= 1
      }
      pair.talk()
      pair.client.session.peerEnded()
      pair.server.session.peerEnded()
      #expect(!pair.isOpen && pair.reasons.contains { $0 == .peerAlert || $0 == .noSharedSuite })
    }
  }

  @Test(arguments: SecureVersion.allCases)
  func `a record with a wrong byte ends both sides, and nothing of it is received`(version: SecureVersion)
    throws
  {
    var world = try World()
    world.server.maximumVersion = version
    for index in [0, 1, 4, 5, 20, 30] {
      let pair = world.talked()
      pair.client.send(Array("a question".utf8))
      pair.client.outbox[index] ^= 0x40
      pair.talk()
      // A length that is too long waits for the rest.
      if pair.server.state == .wantsCiphertext {
        pair.server.session.peerEnded()
      } else {
        #expect(pair.reasons == [.peerAlert, .protocolError])
      }
      #expect(pair.server.received.isEmpty)
      // One end's failure leaves no trace for another.
      #expect(world.talked().isOpen)
    }
  }

  @Test func `a failed session does nothing more`() throws {
    let pair = try World().talked()
    pair.client.send([1])
    pair.client.outbox[10] ^= 1
    pair.talk()
    pair.server.inbox = [1, 2, 3]
    #expect(pair.server.receive() == SecureStep(.failed))
    pair.server.close()
    #expect(pair.server.outbox.isEmpty)
  }

  @Test func `a handshake without end is cut off`() throws {
    let server = server(try World())
    // Hellos of 16 KB that only begin, one behind the other.
    let record = [0x16, 3, 1, 0x40, 0] as [UInt8]
    server.inbox = record + [1, 1, 0xFF, 0] + [UInt8](repeating: 0, count: 0x4000 - 4)
    server.run()
    for _ in 0..<20 where server.session.failure == nil {
      server.inbox += record + [UInt8](repeating: 0, count: 0x4000)
      server.run()
    }
    #expect(server.session.failure != nil)
  }

  @Test func `a client of TLS 1.1 is told that there is no shared version`() throws {
    let peer = RawPeer(server(try World()), versions: TLS1_VERSION...TLS1_1_VERSION)
    peer.talk()
    #expect(peer.server.session.failure?.reason == .noSharedVersion)
  }

  @Test(arguments: ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256"])
  func `suites without ephemeral keys or authenticated encryption are not spoken`(suite: String) throws {
    let versions = TLS1_2_VERSION...TLS1_2_VERSION
    let peer = RawPeer(server(try World()), versions: versions, suites: suite + ":@SECLEVEL=0")
    peer.talk()
    #expect(peer.server.session.failure?.reason == .noSharedSuite)
  }

  @Test func `failures have names of their own and sentences`() {
    let names = SecureFailure.Reason.allCases.map(\.name)
    #expect(Set(names).count == names.count)
  }
}

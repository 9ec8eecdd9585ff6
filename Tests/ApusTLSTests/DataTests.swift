// Plaintext in, plaintext out.

import ApusEngine
import ApusTLS
import CApusTLS
import Testing

@Suite struct DataTests {
  /// What TLS 1.3 adds to a record: head, type and tag (RFC 8446 section 5.2).
  private static let addedBytes = 22

  private func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  @Test(arguments: SecureVersion.allCases)
  func `a megabyte goes both ways`(version: SecureVersion) throws {
    var world = try World()
    world.server.maximumVersion = version
    let pair = world.talked()
    let sent = bytes(1_000_003)
    pair.client.send(sent)
    pair.server.send(bytes(100), sent)
    pair.talk(cut: 70_001)
    #expect(pair.server.received == sent)
    #expect(pair.client.received == bytes(100) + sent)
  }

  @Test func `head and body share a record`() throws {
    let pair = try World().talked()
    pair.server.send(bytes(150), bytes(1000))
    #expect(pair.server.outbox.count == 1150 + Self.addedBytes)
    pair.talk()
    #expect(pair.client.received == bytes(150) + bytes(1000))
  }

  @Test func `a record is full before the next one begins`() throws {
    let pair = try World().talked()
    pair.server.roomBytes = 256 << 10
    pair.server.send(bytes(150), bytes(40_000))
    #expect(pair.server.outbox.count == 40_150 + 3 * Self.addedBytes)
    pair.talk()
    #expect(pair.client.received == bytes(150) + bytes(40_000))
  }

  @Test(arguments: [1700, 5000, 17_000])
  func `as much is sent as there is room for`(room: Int) throws {
    let pair = try World().talked()
    pair.server.roomBytes = room
    pair.server.send(bytes(3000), bytes(40_000))
    pair.talk()
    #expect(pair.client.received == bytes(3000) + bytes(40_000))
  }

  @Test func `what a small receive leaves is counted, and comes next`() throws {
    let pair = try World().talked()
    pair.server.send(bytes(16_000))
    pair.client.plaintextBytes = 1000
    pair.client.inbox = pair.server.outbox
    pair.server.outbox = []
    let step = pair.client.receive()
    #expect(step == SecureStep(.ready, taken: 16_000 + Self.addedBytes, plaintext: 1000))
    #expect(pair.client.session.unreadCount == 15_000)
    pair.client.inbox = []
    pair.client.run()
    #expect(pair.client.received == bytes(16_000) && pair.client.session.unreadCount == 0)
  }

  @Test(arguments: SecureVersion.allCases)
  func `a record may be cut at every byte`(version: SecureVersion) throws {
    var world = try World()
    world.server.maximumVersion = version
    let pair = world.talked()
    var expected: [UInt8] = []
    for cut in 1..<100 {
      pair.client.send(bytes(60))
      let record = pair.client.outbox
      pair.client.outbox = []
      pair.server.inbox = Array(record.prefix(cut))
      pair.server.run()
      #expect(pair.server.state == .wantsCiphertext || cut >= record.count)
      #expect(pair.server.received.count == expected.count + (cut >= record.count ? 60 : 0))
      pair.server.inbox += record.dropFirst(cut)
      pair.server.run()
      expected += bytes(60)
    }
    #expect(pair.server.received == expected)
  }

  @Test func `a client may renew its keys now and then`() throws {
    let world = try World()
    let peer = RawPeer(End(TLSAcceptor(world.server).makeSession()))
    peer.talk()
    for _ in 0..<10 {
      peer.talk {
        SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED)
        SSL_write(peer.ssl, "x", 1)
      }
    }
    #expect(peer.server.received.count == 10)
    #expect(peer.server.session.failure == nil)
  }

  @Test func `a client that renews its keys again and again is cut off`() throws {
    let world = try World()
    let peer = RawPeer(End(TLSAcceptor(world.server).makeSession()))
    peer.talk()
    for _ in 0..<100 where peer.server.session.failure == nil {
      peer.talk { SSL_key_update(peer.ssl, SSL_KEY_UPDATE_NOT_REQUESTED) }
    }
    #expect(peer.server.session.failure?.reason == .flood)
  }

  @Test func `a client cannot negotiate anew`() throws {
    let world = try World()
    let peer = RawPeer(
      End(TLSAcceptor(world.server).makeSession()), versions: TLS1_2_VERSION...TLS1_2_VERSION)
    peer.talk()
    #expect(!peer.server.session.isHandshaking)
    let suite = peer.server.session.facts.suite
    peer.talk { SSL_renegotiate(peer.ssl) }
    #expect(suite != nil && SSL_get_state(peer.ssl) != TLS_ST_OK || peer.server.session.failure != nil)
  }
}

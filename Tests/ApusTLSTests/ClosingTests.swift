// How sessions end.

import ApusEngine
import ApusTLS
import Testing

@Suite struct ClosingTests {
  @Test(arguments: SecureVersion.allCases)
  func `close_notify comes behind what was sent, and the other way stays open`(version: SecureVersion) throws
  {
    var world = try World()
    world.server.maximumVersion = version
    let pair = world.talked()
    pair.server.send(Array("last words".utf8))
    pair.server.close()
    pair.server.close()
    pair.talk()
    #expect(pair.client.received == Array("last words".utf8))
    #expect(pair.client.state == .ended && pair.client.session.sawCloseNotify)
    #expect(pair.client.session.failure == nil && !pair.server.session.sawCloseNotify)
    pair.client.send(Array("still here".utf8))
    pair.client.close()
    pair.talk()
    #expect(pair.server.received == Array("still here".utf8) && pair.server.session.sawCloseNotify)
  }

  @Test func `close_notify is one record of 24 bytes`() throws {
    let pair = try World().talked()
    pair.server.close()
    #expect(pair.server.outbox.count == 24)
  }

  @Test func `a connection that ends without close_notify is told from one that ends with it`() throws {
    let pair = try World().talked()
    pair.server.send(Array("half of the ans".utf8))
    pair.talk()
    pair.client.session.peerEnded()
    #expect(!pair.client.session.sawCloseNotify && pair.client.session.failure == nil)
  }

  @Test func `nothing is said to a peer that has not finished its handshake`() throws {
    let pair = try World().pair()
    pair.client.run()
    pair.client.outbox = []
    pair.client.close()
    pair.server.close()
    #expect(pair.client.outbox.isEmpty && pair.server.outbox.isEmpty)
  }

  @Test func `nothing is received behind close_notify`() throws {
    let pair = try World().talked()
    pair.server.send(Array("before".utf8))
    pair.server.close()
    pair.server.outbox += [0x17, 3, 3, 0, 1, 0]
    pair.talk()
    #expect(pair.client.received == Array("before".utf8) && pair.client.state == .ended)
  }
}

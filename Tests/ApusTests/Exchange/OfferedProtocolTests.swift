import Apus
import ApusTesting
import Testing

/// A server switches to no protocol that its client has not offered (RFC 9110 section 7.8).
@Suite struct OfferedProtocolTests {
  @Test(arguments: [
    ("echo/2", true), ("Echo/2", true), ("websocket", true), ("websocket, echo/2", true), ("later", true),
    ("echo", false), ("echo/3", false), ("mqtt", false), ("websocket, mqtt", false), ("", false),
    (",", false),
  ])
  func `a handler switches to what is offered, and fails with anything else`(name: String, isOffered: Bool)
    throws
  {
    var router = Router()
    router.on(.get, "/") { _, _, sender in
      do {
        let connection = try sender.upgrade(to: name)
        try connection.finish()
      } catch let error as AnswerError {
        throw HTTPError(.conflict, "\(error)")
      }
    }
    var stage = try ErrorStage(router)
    let peer = SimulatedPeer(
      "client",
      steps: [
        .send(
          Array(
            ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, echo/2\r\nUpgrade: later\r\n\r\n")
              .utf8)), .awaitBytes(.max),
      ])
    stage.add(peer)
    stage.run(for: .seconds(1))
    let text = String(decoding: peer.received, as: UTF8.self)
    if isOffered {
      #expect(text.hasPrefix("HTTP/1.1 101 ") && text.contains("\r\nUpgrade: \(name)\r\n"), "\(text)")
    } else {
      #expect(text.hasPrefix("HTTP/1.1 409 ") && text.hasSuffix("409 noUpgrade\n"), "\(text)")
    }
    stage.end()
  }
}

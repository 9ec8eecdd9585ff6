import Apus
import ApusTestSupport
import Testing

/// Connections that change their protocol.
@Suite struct UpgradeTests {
  @Test func `an upgraded connection carries bytes both ways until both sides are done`() throws {
    try withServer(upgradingRoutes()) { server in
      try WireClient(port: server.port).echoOverUpgrade(300_000)
    }
  }

  @Test func `an upgrade that is declined gives what follows back to the parser`() throws {
    try withServer(upgradingRoutes()) { server in
      let client = try WireClient(port: server.port)
      try client.send(
        "GET /up HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n"
          + "GET /n/5 HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(try client.answer().text == "no other")
      #expect(try client.answer().text == "5")
    }
  }
}

/// The usual routes, and `/up`, which echoes what comes once the protocol is `echo`, and says bye.
func upgradingRoutes() -> Router {
  var router = testRoutes()
  router.on(.get, "/up") { request, _, sender in
    await Task.yield()
    guard request.upgradeProtocol == "echo" else {
      sender.send(.text("no \(request.upgradeProtocol ?? "")"))
      return
    }
    var connection = try sender.upgrade(to: "echo")
    while let chunk = try await connection.read() { try await connection.write(chunk) }
    try await connection.write(Array("bye".utf8))
    try connection.finish()
  }
  return router
}

extension WireClient {
  /// Changes to `echo`, with bytes right behind the request, has so many echoed, and ends its side first.
  func echoOverUpgrade(_ count: Int) throws {
    try send("GET /up HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly ")
    let head = try take(through: "\r\n\r\n")
    #expect(head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
    #expect(head.contains("Upgrade: echo\r\n"))
    #expect(head.contains("Connection: Upgrade\r\n"))
    #expect(try take(6) == Array("early ".utf8))
    let bytes = pattern(count)
    let sending = Crowd(1) { _ in try self.send(bytes) }
    expectSame(try take(bytes.count), bytes)
    try sending.join()
    finish()
    #expect(try awaitEnd() == .finished)
    #expect(pending == Array("bye".utf8))
  }
}

import Apus
import ApusEngine
import ApusTestSupport
import ApusWire
import Testing

/// Answers whose handler gives up in the middle: whoever asked is told at once, by a reset.
@Suite(.elsewhere) struct BreakingOffTests {
  static func router() -> Router {
    var router = clientRoutes()
    router.on(.get, "/half") { _, _, sender in
      var writer = try sender.start(length: 100)
      try await writer.write("half")
      try await writer.flush()
    }
    return router
  }

  @Test func `a plain socket sees the reset`() throws {
    let (_, summary) = try withServer(Self.router()) { (server: RunningServer) in
      for _ in 0..<30 {
        let client = try WireClient(port: server.port)
        try client.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
        let state = try client.awaitEnd()
        #expect(state == .reset)
      }
    }
    #expect(summary.connections == 30)
  }

  @Test func `the client is told at once`() async throws {
    let (_, summary) = try await withServer(Self.router()) { url in
      var configuration = patientConfiguration()
      configuration.timeouts.idleRead = .seconds(20)
      let client = Client(configuration)
      for _ in 0..<30 {
        await #expect(throws: ClientError.connectionLost) { try await client.get(url + "/half") }
      }
    }
    #expect(summary.connections >= 30)
  }
}

import Apus
import ApusEngine
import Testing

/// K16: sockets that are opened ahead of use, as browsers and pools do.
@Suite struct AheadOfUseTests {
  @Test func `a connection that is opened long before its first request is answered`() throws {
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port)
      // Longer than the kernel waits for first bytes before it hands the connection over
      // (TCP_DEFER_ACCEPT, one second).
      #expect(try client.staysSilent(milliseconds: 1500))
      #expect(try client.get("/n/1").text == "1")
      #expect(try client.get("/n/2").text == "2")
    }
    #expect(summary.connections == 1 && summary.requests == 2)
  }
}

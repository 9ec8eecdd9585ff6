import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Numbers: of connections, of cores, of requests in a burst.
@Suite(.everyKernel) struct ManyConnectionsTests {
  @Test func `two thousand connections are served at once`() throws {
    let count = 2000
    _ = ResourceLimits.settleOpenFiles()
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.firstByte = .seconds(120) }) { server in
      let clients = try (0..<count).map { _ in try WireClient(port: server.port) }
      for round in 0..<3 {
        for (index, client) in clients.enumerated() {
          try client.send("GET /n/\(index + round) HTTP/1.1\r\nHost: a\r\n\r\n")
        }
        for (index, client) in clients.enumerated() {
          #expect(try client.answer().text == "\(index + round)")
        }
      }
    }
    #expect(summary.connections == UInt64(count))
    #expect(summary.requests == UInt64(3 * count))
    #expect(summary.reusedConnections == UInt64(2 * count))
  }

  @Test func `slots are used again by thousands of short connections`() throws {
    let (_, summary) = try withServer { server in
      let port = server.port
      try inCrowd(8) { member in
        for index in 0..<400 {
          let client = try WireClient(port: port)
          let answer = try client.ask(
            "GET /n/\(member * 1000 + index) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
          #expect(answer.text == "\(member * 1000 + index)")
          #expect(try client.awaitEnd() == .finished)
        }
      }
    }
    #expect(summary.connections == 3200)
    #expect(summary.closes(.completed) == 3200)
  }

  @Test(
    .enabled(if: availableProcessors().count > 1, "there is one processor"), arguments: [1, 2, 3, 200])
  func `two cores serve any number of connections, each its own`(count: Int) throws {
    var router = testRoutes()
    router.get("/core") { _ in .text(coreName()) }
    let (cores, summary) = try withServer(router, { $0.cores = .count(2) }) { server in
      #expect(server.coreCount == 2)
      let clients = try (0..<count).map { _ in try WireClient(port: server.port) }
      for (index, client) in clients.enumerated() {
        #expect(try client.get("/n/\(index)").text == "\(index)")
      }
      return Set(try clients.map { try $0.get("/core").text })
    }
    // The kernel spreads connections by their ports: 200 are one core's once in 2 to the power of 199.
    #expect((count == 200 ? 2...2 : 1...2).contains(cores.count))
    #expect(summary.connections == UInt64(count))
    #expect(summary.requests == UInt64(2 * count))
  }

  @Test func `few receive buffers lose no byte`() throws {
    let body = pattern(500_000)
    let (_, summary) = try withServer(
      testRoutes(),
      {
        $0.receiveBufferCount = 2
        $0.receiveBufferBytes = 512
      }
    ) { server in
      let port = server.port
      try inCrowd(6) { _ in
        let client = try WireClient(port: port)
        for _ in 0..<3 {
          let sender = Crowd(1) { _ in
            try client.send(
              Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
          }
          expectSame(try client.answer().body, body)
          try sender.join()
        }
      }
    }
    #expect(summary.counters.bufferShortages > 0, "or the test shows nothing")
    #expect(summary.requests == 18)
  }
}

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import Glibc
import Testing

/// Draining, stopping, and the ceiling of connections.
@Suite(.everyKernel) struct EndingTests {
  /// A connection that is refused shows that the drain has begun.
  private static func awaitRefusal(_ port: UInt16) {
    #expect(eventually { (try? WireClient(port: port)) == nil }, "the drain does not begin")
  }

  @Test func `an idle server drains at once`() throws {
    let clock = ContinuousClock()
    let start = clock.now
    try withServer { _ in }
    #expect(clock.now - start < .seconds(10))
  }

  @Test func `an idle connection gets its last moment, then FIN`() throws {
    let (_, summary) = try withServer(ending: .byTest) { server in
      let client = try WireClient(port: server.port)
      _ = try client.get("/")
      server.drain()
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending.isEmpty)
    }
    #expect(summary.closes(.drain) == 1)
    #expect(!summary.wasForced)
  }

  @Test func `a request within the last moment is answered, with close`() throws {
    let (_, summary) = try withServer(testRoutes(), ending: .byTest, { $0.timeouts.drainIdle = .seconds(5) })
    { server in
      let client = try WireClient(port: server.port)
      _ = try client.get("/")
      server.drain()
      Self.awaitRefusal(server.port)
      let answer = try client.get("/n/3")
      #expect(answer.text == "3")
      #expect(answer.saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(!summary.wasForced)
  }

  @Test
  func
    `an answer that is under way when the drain begins is finished, and its idle connection does not hold the drain up`()
    throws
  {
    let (_, summary) = try withServer(ending: .byTest) { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      try client.send("GET /bytes/8000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.receive()
      server.drain()
      Self.awaitRefusal(server.port)
      expectSame(try client.answer().body, pattern(8_000_000))
      #expect(try client.awaitEnd() == .finished)
    }
    // Idle it might have stayed for longer than a drain lasts.
    #expect(!summary.wasForced)
  }

  @Test func `a connection that never asked does not hold the drain up`() throws {
    let (_, summary) = try withServer(
      testRoutes(),
      {
        // Accepted at once, or the listener would close before the kernel has handed the silent one over.
        $0.acceptsWithFirstBytes = false
        // Longer than a drain lasts: of itself it does not end before.
        $0.timeouts.firstByte = .seconds(600)
      }
    ) { server in
      let silent = try WireClient(port: server.port)
      // Longer than the kernel keeps a connection without a byte from the server
      // (TCP_DEFER_ACCEPT, one second).
      #expect(try silent.staysSilent(milliseconds: 1500))
      server.drain()
      #expect(try silent.awaitEnd() == .finished)
    }
    #expect(!summary.wasForced)
  }

  @Test func `the drain's deadline resets what is left`() throws {
    let (client, summary) = try withServer(
      testRoutes(), ending: .byTest, { $0.timeouts.drain = .milliseconds(200) }
    ) { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      try client.send("GET /bytes/30000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.receive()
      server.drain()
      return client
    }
    #expect(throws: WireClient.Failure.self) { _ = try client.answer() }
    #expect(client.state == .reset)
    #expect(summary.wasForced)
    #expect(summary.closes(.drainForced) == 1)
  }

  @Test func `stop resets every connection`() throws {
    let (clients, summary) = try withServer(ending: .stop) { server in
      let idle = try WireClient(port: server.port)
      let partial = try WireClient(port: server.port)
      let (whole, part) = ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HT")
      for client in [idle, partial] { _ = try client.ask(whole) }
      try partial.send(part)
      let sent = UInt64(2 * whole.utf8.count + part.utf8.count)
      #expect(server.metrics { $0.bytesReceived == sent }.bytesReceived == sent)
      return [idle, partial]
    }
    #expect(summary.wasForced)
    #expect(summary.closes(.drainForced) == 2)
    for client in clients { #expect(try client.awaitEnd() == .reset) }
  }

  @Test func `a stopped server leaves no descriptor behind`() throws {
    func openDescriptors() -> Int { (0..<4096).count { fcntl($0, F_GETFD) >= 0 } }
    var growths: [Int] = []
    // Other tests run beside this one and hold descriptors of their own: only a growth by the hundred says
    // something, and only one that is there each time.
    while growths.count < 10, growths.last ?? 100 >= 100 {
      var counts: [Int] = []
      for _ in 0..<4 {
        try withServer(ending: .stop) { server in
          for _ in 0..<50 { _ = try WireClient(port: server.port).get("/") }
        }
        counts.append(openDescriptors())
      }
      growths.append(counts[3] - counts[0])
    }
    #expect(growths.last! < 100, "\(growths)")
  }

  @Test func `no request is lost or cut when a server under load drains`() throws {
    for round in 0..<3 {
      let tally = Tally(awaiting: 300 * (round + 1))
      let (_, summary) = try withServer(
        testRoutes(), ending: .byTest, { $0.timeouts.drainIdle = .seconds(20) }
      ) { server in
        let port = server.port
        let crowd = Crowd(12) { index in
          defer { tally.end() }
          try Self.askUntilRefused(port, pipelined: index % 3 == 0 ? 4 : 1, tally)
        }
        tally.wait()
        #expect(tally.answers >= 300 * (round + 1))
        server.drain()
        try crowd.join()
      }
      #expect(tally.faults.isEmpty, "\(tally.faults)")
      #expect(!summary.wasForced)
      #expect(summary.requests == UInt64(tally.answers), "every request that was taken was answered")
    }
  }

  /// Keep-alive connections, one after another, until a new one is refused. Behind an answer that
  /// says `close`, and on a connection that the server ends before a byte of the answer, nothing is
  /// lost: neither had been taken.
  private static func askUntilRefused(_ port: UInt16, pipelined: Int, _ tally: Tally) throws {
    var number = 0
    while true {
      guard let client = try? WireClient(port: port) else { return }
      var isFresh = true
      connection: while true {
        let requests = (0..<pipelined).map { "GET /n/\(number + $0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
        do { try client.send(requests) } catch {
          if !isFresh { tally.fault("send on a connection in use: \(error)") }
          break connection
        }
        for _ in 0..<pipelined {
          do {
            let answer = try client.answer()
            tally.answer()
            if answer.status != 200 || answer.text != "\(number)" { tally.fault("\(answer)") }
            number += 1
            isFresh = false
            if answer.saysClose {
              if try client.awaitEnd() == .open || !client.pending.isEmpty {
                tally.fault("bytes behind close")
              }
              break connection
            }
          } catch WireClient.Failure.ended(_, let rest) where isFresh && rest.isEmpty {
            // Refused: it was in the backlog when the listener closed.
            return
          } catch {
            tally.fault("request \(number): \(error)")
            return
          }
        }
      }
    }
  }

  @Test func `at the ceiling the oldest idle connection makes room for a new one`() throws {
    let (_, summary) = try withServer(
      testRoutes(),
      {
        $0.limits.connections = 8
        $0.limits.reapedTogether = 1
        $0.timeouts.reapAfter = .milliseconds(100)
      }
    ) { server in
      var clients: [WireClient] = []
      for index in 0..<8 {
        clients.append(try WireClient(port: server.port))
        #expect(try clients[index].get("/n/\(index)").text == "\(index)")
      }
      // The ninth waits in the backlog until somebody has been idle long enough: far sooner
      // than the keep-alive time.
      for index in 8..<12 {
        let late = try WireClient(port: server.port)
        #expect(try late.get("/n/\(index)").text == "\(index)")
        clients.append(late)
      }
      #expect(try clients[0].awaitEnd() == .finished, "the oldest went first")
    }
    #expect(summary.closes(.pressure) >= 4)
    #expect(summary.connections == 12)
  }

  @Test func `at the ceiling a busy connection is never closed`() throws {
    try withServer(
      testRoutes(),
      {
        $0.limits.connections = 2
        $0.timeouts.reapAfter = .milliseconds(50)
      }
    ) { server in
      let busy = try WireClient(port: server.port, receiveBuffer: 4096)
      try busy.send("GET /bytes/8000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      try busy.receive()
      let idle = try WireClient(port: server.port)
      _ = try idle.get("/")
      let late = try WireClient(port: server.port)
      #expect(try late.get("/").status == 200)
      #expect(try idle.awaitEnd() == .finished)
      expectSame(try busy.answer().body, pattern(8_000_000))
    }
  }
}

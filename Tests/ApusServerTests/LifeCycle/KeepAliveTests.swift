import Apus
import ApusEngine
import ApusTestSupport
import Testing

/// RFC 9112 section 9: how long a connection lasts, and what ends it.
@Suite(.everyKernel) struct KeepAliveTests {
  @Test func `a thousand requests take one connection`() throws {
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port)
      for number in 0..<1000 {
        let answer = try client.get("/n/\(number)")
        #expect(answer.status == 200 && answer.text == "\(number)")
        #expect(answer["Connection"] == nil, "HTTP/1.1 stays open without a word")
      }
    }
    #expect(summary.connections == 1)
    #expect(summary.requests == 1000)
    #expect(summary.reusedConnections == 999)
  }

  @Test func `an idle connection ends with FIN at the configured time, and without 408`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.keepAlive = .milliseconds(300) }) {
      server in
      let client = try WireClient(port: server.port)
      let clock = ContinuousClock()
      let start = clock.now
      _ = try client.get("/")
      #expect(try client.awaitEnd() == .finished)
      let elapsed = clock.now - start
      #expect(client.pending.isEmpty)
      // Counted in whole ticks of a millisecond, from the one under way.
      #expect(elapsed > .milliseconds(298), "\(elapsed)")
      // Any other time-out is longer, and a busy machine may take its time.
      #expect(elapsed < .seconds(9), "\(elapsed)")
    }
    #expect(summary.closes(.idle) == 1)
  }

  @Test func `each request starts the idle time anew`() throws {
    try withServer(testRoutes(), { $0.timeouts.keepAlive = .seconds(3) }) { server in
      let clock = ContinuousClock()
      var wasKept = false
      for _ in 0..<5 where !wasKept {
        let client = try WireClient(port: server.port)
        let start = clock.now
        var longest = Duration.zero
        wasKept = true
        // Longer in all than one idle time, in steps far below it.
        while wasKept, clock.now - start < .seconds(4) {
          let last = clock.now
          wasKept = try (try? client.get("/"))?.status == 200 && client.staysSilent(milliseconds: 40)
          longest = max(longest, clock.now - last)
        }
        // Unless the machine stood still, which says nothing.
        if longest < .seconds(2) { break }
      }
      #expect(wasKept)
    }
  }

  @Test func `a connection that never says anything is closed`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.firstByte = .milliseconds(100) }) {
      server in
      let client = try WireClient(port: server.port)
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending.isEmpty)
    }
    #expect(summary.closes(.noFirstByte) == 1)
  }

  @Test func `a head that does not end in time is answered with 408`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.head = .milliseconds(200) }) { server in
      let client = try WireClient(port: server.port)
      try client.send("GET / HTTP/1.1\r\nHost: te")
      let answer = try client.answer()
      #expect(answer.status == 408)
      #expect(answer.saysClose)
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending.isEmpty)
    }
    #expect(summary.closes(.headTimeout) == 1)
  }

  @Test func `a byte now and then does not extend a head's time`() throws {
    try withServer(testRoutes(), { $0.timeouts.head = .milliseconds(300) }) { server in
      let client = try WireClient(port: server.port)
      try client.send("GET / HTTP/1.1\r\nX: ")
      var isSilent = true
      for _ in 0..<300 where isSilent {
        isSilent = try client.staysSilent(milliseconds: 30)
        if isSilent { try client.send("x") }
      }
      #expect(!isSilent, "the answer comes while bytes still do")
      #expect(try client.answer().status == 408)
    }
  }

  @Test func `an empty line between two requests is no request, even if it comes alone`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.keepAlive = .seconds(4) }) {
      server in
      let client = try WireClient(port: server.port)
      #expect(try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab").text == "ab")
      try client.send("\r\n")
      #expect(try client.staysSilent(milliseconds: 20))
      #expect(try client.get("/").status == 200)
      try client.send("\r\n")
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending.isEmpty, "an idle connection is closed without 408")
    }
    #expect(summary.closes(.idle) == 1)
  }

  @Test func `Connection: close is echoed and obeyed`() throws {
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(answer.saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(summary.closes(.completed) == 1)
  }

  @Test func `HTTP/1.0 closes by itself and stays when asked to`() throws {
    try withServer { server in
      let brief = try WireClient(port: server.port)
      let answer = try brief.ask("GET / HTTP/1.0\r\n\r\n")
      #expect(answer.status == 200 && answer.saysClose)
      #expect(try brief.awaitEnd() == .finished)

      let lasting = try WireClient(port: server.port)
      for _ in 0..<3 {
        let answer = try lasting.ask("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        #expect(answer["Connection"]?.lowercased() == "keep-alive")
      }
    }
  }

  @Test func `the announced time-out is told and nothing else changes`() throws {
    try withServer(testRoutes(), { $0.announcedKeepAlive = 70 }) { server in
      let client = try WireClient(port: server.port)
      let answer = try client.get("/")
      #expect(answer["Keep-Alive"] == "timeout=70")
      #expect(answer["Connection"]?.lowercased() == "keep-alive")
      #expect(try client.get("/").status == 200)
    }
  }

  @Test func `a connection ends after the configured number of requests`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.limits.requestsPerConnection = 3 }) { server in
      let client = try WireClient(port: server.port)
      #expect(try !client.get("/").saysClose)
      #expect(try !client.get("/").saysClose)
      #expect(try client.get("/").saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(summary.closes(.completed) == 1)
    #expect(summary.requests == 3)
  }

  @Test func `a connection that has grown too old ends with its next answer`() throws {
    try withServer(testRoutes(), { $0.timeouts.connectionAge = .milliseconds(100) }) { server in
      let clock = ContinuousClock()
      let start = clock.now
      let client = try WireClient(port: server.port)
      // On a busy machine it may be that old at its first answer. Counted in whole
      // ticks, from the one under way.
      if try client.get("/").saysClose {
        #expect(clock.now - start > .milliseconds(98))
      } else {
        #expect(try client.staysSilent(milliseconds: 150))
        #expect(try client.get("/").saysClose)
      }
      #expect(try client.awaitEnd() == .finished)
    }
  }

  @Test func `half-close after the request still gets the whole answer`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      try client.send("GET /bytes/4000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      client.finish()
      expectSame(try client.answer().body, pattern(4_000_000))
      #expect(try client.awaitEnd() == .finished)
    }
  }

  @Test func `half-close in the middle of a request gets nothing`() throws {
    let (_, summary) = try withServer { server in
      for part in ["GET / HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let client = try WireClient(port: server.port)
        try client.send(part)
        client.finish()
        #expect(try client.awaitEnd() == .finished)
        #expect(client.pending.isEmpty)
      }
    }
    #expect(summary.closes(.peerTruncated) == 2)
  }

  @Test func `a refusal reaches its peer though more comes behind what is refused`() throws {
    try withServer { server in
      // In the same packet, in later ones, and far more than is read before the answer.
      for extra in [0, 1, 3_000, 70_000, 2_000_000] {
        for _ in 0..<20 {
          let client = try WireClient(port: server.port)
          let sender = Crowd(1) { _ in
            // It may find the connection closed once the server has lingered.
            do {
              try client.send(Array("GET nothing\r\n\r\n".utf8) + pattern(extra))
            } catch WireClient.Failure.send {}
          }
          let answer = try client.answer()
          #expect(answer.status == 400 && answer.saysClose)
          try sender.join()
        }
      }
    }
  }

  @Test func `a last answer that lies unread survives what its peer still sends`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.linger = .seconds(20) }) { server in
      for _ in 0..<10 {
        let client = try WireClient(port: server.port)
        try client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n")
        client.awaitReadable()
        // Had the server closed, the first of these would be answered with a reset, which
        // destroys what was not read.
        for _ in 0..<50 { try client.send(pattern(10_000)) }
        let answer = try client.answer()
        #expect(answer.status == 413 && answer.saysClose && !answer.body.isEmpty)
        #expect(try client.awaitEnd() == .finished)
      }
    }
    #expect(summary.closes(.protocolError) == 10)
  }

  @Test func `a peer's reset is counted as one, in every phase`() throws {
    let (_, summary) = try withServer { server in
      let beginnings = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HT",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
        "GET /bytes/8000000 HTTP/1.1\r\nHost: a\r\n\r\n",
      ]
      let first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      var sent: UInt64 = 0
      for beginning in beginnings {
        let client = try WireClient(port: server.port, receiveBuffer: 4096)
        _ = try client.ask(first)
        try client.send(beginning)
        // What was sent has been read before the reset, and a whole request has its answer, or part of it.
        sent += UInt64(first.utf8.count + beginning.utf8.count)
        #expect(server.metrics { $0.bytesReceived >= sent }.bytesReceived == sent)
        if beginning.hasPrefix("GET"), beginning.hasSuffix("\r\n\r\n") { #expect(try client.receive()) }
        client.reset()
      }
    }
    #expect(summary.connections == 4)
    #expect(summary.closes(.peerReset) == 4)
  }

  @Test func `a reset that comes along with a part of a request ends the connection in that part's time`()
    throws
  {
    let busy = BusyCore()
    let (_, summary) = try withServer(
      busy.routes(),
      {
        $0.timeouts.head = .milliseconds(200)
        $0.timeouts.bodyStall = .milliseconds(200)
      }
    ) { server in
      for part in ["GET / HT", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", "\r\n"] {
        try busy.sendAndReset(server, 10) { try $0.send(part) }
      }
    }
    #expect(summary.closes(.peerReset) == 30)
  }
}

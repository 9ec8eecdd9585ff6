import Apus
import ApusEngine
import ApusTestSupport
import Testing

/// Bodies in both directions: large ones, unread ones, refused ones.
@Suite(.everyKernel) struct BodyTests {
  @Test(arguments: ["/bytes/4194304", "/text/4194304"])
  func `four megabytes arrive whole at a slow reader`(target: String) throws {
    try withServer { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      let answer = try client.get(target)
      #expect(answer.body.count == 4_194_304)
      if target.hasPrefix("/bytes") { expectSame(answer.body, pattern(4_194_304)) }
      #expect(try client.get("/").status == 200, "and the connection stays")
    }
  }

  @Test func `a large file arrives whole, in constant pieces, and by range`() throws {
    let tree = TemporaryTree()
    let content = pattern(9_000_001)
    tree.file("large.bin", content)
    var router = testRoutes()
    router.files("/files", StaticFiles(root: tree.path))
    try withServer(router) { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      expectSame(try client.get("/files/large.bin").body, content)
      let part = try client.ask(
        "GET /files/large.bin HTTP/1.1\r\nHost: a\r\nRange: bytes=4000000-8999999\r\n\r\n")
      #expect(part.status == 206)
      expectSame(part.body, content[4_000_000..<9_000_000])
      #expect(try client.get("/").status == 200)
    }
  }

  @Test func `peers that leave in the middle of a large file end their own connections only`() throws {
    let tree = TemporaryTree()
    tree.file("large.bin", pattern(8_000_000))
    var router = testRoutes()
    router.files("/files", StaticFiles(root: tree.path))
    try withServer(router) { server in
      for index in 0..<40 {
        let client = try WireClient(port: server.port, receiveBuffer: index % 4 < 2 ? 4096 : nil)
        try client.send("GET /files/large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        if index % 3 > 0 { try client.receive() }
        if index % 2 == 0 { client.reset() }
      }
      #expect(try WireClient(port: server.port).get("/").status == 200)
    }
  }

  @Test func `a cold file arrives whole`() throws {
    let tree = TemporaryTree()
    let content = pattern(3_000_000)
    tree.file("cold.bin", content)
    var router = Router()
    router.files("/", StaticFiles(root: tree.path))
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      for _ in 0..<3 {
        tree.evict("cold.bin")
        expectSame(try client.get("/cold.bin").body, content)
      }
    }
  }

  @Test
  func `a file that shrinks under its answer ends the connection, never a short answer that looks whole`()
    throws
  {
    let tree = TemporaryTree()
    tree.file("shrinks.bin", pattern(30_000_000))
    var router = Router()
    router.files("/", StaticFiles(root: tree.path))
    try withServer(router) { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      try client.send("GET /shrinks.bin HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.receive()
      tree.truncate("shrinks.bin", to: 1000)
      #expect(throws: WireClient.Failure.self) { _ = try client.answer() }
      #expect(client.state != .open)
    }
  }

  @Test func `sixteen megabytes come back as they went`() throws {
    let body = pattern(16 << 20)
    try withServer(testRoutes(), { $0.limits.collectBytes = 16 << 20 }) { server in
      let client = try WireClient(port: server.port)
      let sender = Crowd(1) { _ in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.count)\r\n\r\n")
        try client.send(body)
      }
      expectSame(try client.answer().body, body)
      try sender.join()
      #expect(try client.get("/").status == 200)
    }
  }

  @Test func `a chunked body of many sizes comes back as it went`() throws {
    let body = pattern(1_000_000)
    try withServer { server in
      let client = try WireClient(port: server.port)
      let sender = Crowd(1) { _ in
        try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        var offset = 0
        var size = 1
        while offset < body.count {
          let count = min(size, body.count - offset)
          try client.send(
            Array("\(String(count, radix: 16))\r\n".utf8) + body[offset..<offset + count] + [13, 10])
          offset += count
          size = size * 3 % 70_001 + 1
        }
        try client.send("0\r\n\r\n")
      }
      expectSame(try client.answer().body, body)
      try sender.join()
    }
  }

  @Test func `HEAD tells the length and sends nothing`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      try client.send("HEAD /bytes/4000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try client.answer(toHead: true)
      #expect(answer.status == 200 && answer["Content-Length"] == "4000000")
      #expect(try client.get("/n/5").text == "5")
    }
  }

  @Test func `Expect: 100-continue is answered before the body is sent`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      for _ in 0..<3 {
        let interim = try client.ask(
          "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(interim.status == 100)
        #expect(try client.ask("abc").text == "abc")
      }
    }
  }

  @Test func `a body above the limit is refused before it is sent`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.limits.collectBytes = 1000 }) { server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
      #expect(answer.status == 413 && answer.saysClose)
      #expect(try client.awaitEnd() == .finished)

      let exact = try WireClient(port: server.port)
      let body = String(repeating: "x", count: 1000)
      #expect(
        try exact.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n\(body)").text == body)
    }
    #expect(summary.closes(.protocolError) == 1)
  }

  @Test func `an endless chunked body is cut off at the limit, and its sender gets the answer`() throws {
    try withServer(testRoutes(), { $0.limits.collectBytes = 100_000 }) { server in
      let client = try WireClient(port: server.port)
      try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      let chunk = Array("2000\r\n".utf8) + [UInt8](repeating: 120, count: 8192) + [13, 10]
      let sender = Crowd(1) { _ in
        // Until the server closes: at the latest when its linger is over.
        do { while true { try client.send(chunk) } } catch WireClient.Failure.send {}
      }
      let answer = try client.answer()
      #expect(answer.status == 413 && answer.saysClose)
      _ = try client.awaitEnd()
      try sender.join()
    }
  }

  @Test func `a route's own limit holds for bodies of either framing`() throws {
    try withServer { server in
      let lengths = try WireClient(port: server.port)
      #expect(
        try lengths.ask("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").text
          == "10")
      let long = try lengths.ask("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n0123456789a")
      #expect(long.status == 413)
      let chunks = try WireClient(port: server.port)
      let answer = try chunks.ask(
        "POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n"
      )
      #expect(answer.status == 413)
    }
  }

  @Test func `a small unread body is dropped and the connection kept`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.unreadBody = .seconds(60) }) { server in
      let client = try WireClient(port: server.port)
      try client.send("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
      #expect(try client.answer().status == 404, "the answer does not wait for the body")
      try client.send([UInt8](repeating: 120, count: 100_000))
      #expect(try client.get("/n/9").text == "9")
    }
    #expect(summary.connections == 1)
  }

  @Test func `a large unread body ends the connection behind the answer`() throws {
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
      #expect(answer.status == 404 && answer.saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(summary.closes(.unreadBody) == 1)
  }

  @Test func `an unread body that does not come ends the connection`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.unreadBody = .milliseconds(100) }) {
      server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
      #expect(answer.status == 404)
      #expect(try client.awaitEnd() == .finished)
      #expect(client.pending.isEmpty)
    }
    #expect(summary.closes(.unreadBody) == 1)
  }

  @Test func `a body that stalls is answered with 408`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.bodyStall = .milliseconds(150) }) {
      server in
      let client = try WireClient(port: server.port)
      let answer = try client.ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc")
      #expect(answer.status == 408 && answer.saysClose)
      #expect(try client.awaitEnd() == .finished)
    }
    #expect(summary.closes(.bodyTimeout) == 1)
  }

  @Test func `a body that drips too slowly is answered with 408`() throws {
    try withServer(
      testRoutes(),
      {
        $0.timeouts.rateGrace = .milliseconds(100)
        $0.timeouts.minimumRate = 10_000
      }
    ) { server in
      let client = try WireClient(port: server.port)
      try client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
      while try client.staysSilent(milliseconds: 20) { try client.send("x") }
      #expect(try client.answer().status == 408)
    }
  }

  @Test func `a reader that takes nothing loses the connection`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.timeouts.sendStall = .milliseconds(200) }) {
      server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      try client.send("GET /bytes/30000000 HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.receive()
      // Other connections do not notice.
      let other = try WireClient(port: server.port)
      let metrics = try server.metrics { metrics in
        let status = try other.get("/").status
        #expect(status == 200)
        return metrics.closes(.sendTimeout) > 0
      }
      #expect(metrics.closes(.sendTimeout) == 1)
      #expect(throws: WireClient.Failure.self) { _ = try client.answer() }
    }
    #expect(summary.closes(.sendTimeout) == 1)
  }
}

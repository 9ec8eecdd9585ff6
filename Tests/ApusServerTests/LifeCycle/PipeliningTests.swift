import Apus
import ApusEngine
import ApusTestSupport
import Testing

/// RFC 9112 section 9.3.2: many requests ahead of their answers.
@Suite(.everyKernel) struct PipeliningTests {
  @Test func `10,000 requests are answered in order, behind a reader that starts late`() throws {
    let count = 10_000
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      let requests = (0..<count).map { "GET /n/\($0) HTTP/1.1\r\nHost: pipelined\r\n\r\n" }.joined()
      // 0.5 MB of requests and 1.3 MB of answers do not fit into the sockets' buffers: writer
      // and reader must overlap.
      let sender = Crowd(1) { _ in try client.send(requests) }
      #expect(try client.answer().text == "0")
      for (offset, answer) in try client.answers(count - 1).enumerated() where answer.text != "\(offset + 1)"
      {
        Issue.record("answer \(offset + 1) is \(answer.text)")
        break
      }
      try sender.join()
    }
    #expect(summary.requests == UInt64(count))
    #expect(summary.connections == 1)
  }

  @Test func `large and small answers keep their order`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      let targets = ["/bytes/300000", "/n/1", "/text/100000", "/n/2", "/bytes/20000", "/bytes/10", "/n/3"]
      try client.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
      #expect(
        try client.answers(targets.count).map(\.body.count) == [300_000, 1, 100_000, 1, 20_000, 10, 1])
    }
  }

  @Test func `requests with bodies follow each other closely`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      let known = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
      let chunked =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nchu\r\n3\r\nnks\r\n0\r\n\r\n"
      try client.send(String(repeating: known + chunked, count: 50))
      let answers = try client.answers(100)
      #expect(answers.map(\.text) == (0..<100).map { $0 % 2 == 0 ? "body" : "chunks" })
    }
  }

  @Test func `a request split at any byte is one request`() throws {
    let request = Array(
      "POST /echo?a=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Field: value\r\n\r\n5\r\nhello\r\n0\r\nT: v\r\n\r\n"
        .utf8)
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port)
      for cut in 1..<request.count {
        try client.send(Array(request[..<cut]))
        // A yield in place of a pause: mostly the server reads the first part by itself,
        // and it holds in any case.
        if cut % 8 == 0 { #expect(try client.staysSilent(milliseconds: 1)) }
        try client.send(Array(request[cut...]))
        #expect(try client.answer().text == "hello", "cut at \(cut)")
      }
    }
    #expect(summary.requests == UInt64(request.count - 1))
  }

  @Test func `a request that comes byte by byte is one request`() throws {
    try withServer { server in
      let client = try WireClient(port: server.port)
      for byte in "GET /n/77 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n".utf8 { try client.send([byte]) }
      #expect(try client.answer().text == "77")
    }
  }

  @Test func `nothing behind the last answer's close is answered`() throws {
    let (_, summary) = try withServer(testRoutes(), { $0.limits.requestsPerConnection = 10 }) { server in
      let client = try WireClient(port: server.port)
      try client.send(String(repeating: "GET /bytes/100000 HTTP/1.1\r\nHost: a\r\n\r\n", count: 200))
      let answers = try client.answers(10)
      #expect(answers.map(\.saysClose) == Array(repeating: false, count: 9) + [true])
      #expect(answers.allSatisfy { $0.body.count == 100_000 }, "unread requests do not destroy the answers")
      #expect(try client.awaitEnd() != .open)
      #expect(client.pending.isEmpty)
    }
    #expect(summary.requests == 10)
  }

  @Test func `a slow reader stops the reading of its requests`() throws {
    let (_, summary) = try withServer { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      let request = "GET /bytes/10000 HTTP/1.1\r\nHost: a\r\n\r\n"
      let count = 2000
      let sender = Crowd(1) { _ in try client.send(String(repeating: request, count: count)) }
      // All of its 84 kB are with the server's kernel, and no answer is taken: the core comes to
      // rest long before the last.
      let taken = Self.requestsAtRest(server)
      #expect(taken > 0 && taken < 1000, "\(taken) requests were taken")
      var left = count
      while left > 0 {
        let some = try client.answers(min(100, left))
        #expect(some.allSatisfy { $0.body.count == 10_000 })
        left -= some.count
      }
      try sender.join()
    }
    #expect(summary.requests == 2000)
  }

  /// Requests that have been taken once their number stands still for many of the core's turns.
  private static func requestsAtRest(_ server: RunningServer) -> UInt64 {
    var taken: UInt64 = 0
    var looks = 0
    return server.metrics { metrics in
      looks = metrics.requests > 0 && metrics.requests == taken ? looks + 1 : 0
      taken = metrics.requests
      return looks == 200
    }.requests
  }

  @Test func `a request behind the answer that the server makes the last does not destroy that answer`()
    throws
  {
    try withServer(testRoutes(), { $0.limits.requestsPerConnection = 1 }) { server in
      let client = try WireClient(port: server.port, receiveBuffer: 4096)
      let target = "/bytes/6000000"
      try client.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.receive()
      // The client cannot know yet that the server wants no more: the answer's head
      // is still on its way to it.
      try client.send("GET /n/1 HTTP/1.1\r\nHost: a\r\n\r\n")
      let answer = try client.answer()
      #expect(answer.saysClose)
      expectSame(answer.body, pattern(6_000_000))
      #expect(try client.awaitEnd() != .open)
      #expect(client.pending.isEmpty)
    }
  }
}

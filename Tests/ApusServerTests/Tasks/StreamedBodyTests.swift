// Streamed request bodies over loopback: read as they flow, by handlers that are slow,
// late or gone, and echoed.

import Apus
import ApusEngine
import ApusHeapProbe
import ApusRing
import ApusTestSupport
import Synchronization
import Testing

@Suite struct StreamedBodyTests {
  private static func post(_ path: String, _ framing: String, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: test\r\n\(framing)\r\n\(fields)\r\n"
  }

  private static func echo() -> Router {
    var router = testRoutes()
    router.on(.post, "/stream") { _, body, sender in
      var writer = try sender.start()
      while let chunk = try await body.read() { try await writer.write(chunk) }
      try writer.finish(trailers: body.trailers)
    }
    return router
  }

  @Test func `a body is echoed while it comes, whole, with its trailers, whatever its size and framing`()
    throws
  {
    try withServer(Self.echo()) { server in
      let client = try WireClient(port: server.port)
      for size in [0, 1, 5000, 70_000, 3_000_000] {
        let body = pattern(size)
        let isFixed = Crowd(1) { _ in
          try client.send(Self.post("/stream", "Content-Length: \(size)"))
          try client.send(body)
        }
        expectSame(try client.chunkedAnswer().body, body)
        try isFixed.join()
        let isChunked = Crowd(1) { _ in
          try client.send(Self.post("/stream", "Transfer-Encoding: chunked"))
          try client.send(
            chunked(body, by: max(1, size / 7), trailers: "X-Sum: 7\r\nContent-Length: 9\r\nX-Last: a b\r\n"))
        }
        let answer = try client.chunkedAnswer()
        expectSame(answer.body, body)
        #expect(answer.trailers == ["X-Sum: 7", "X-Last: a b"])
        try isChunked.join()
      }
      #expect(try client.get("/n/1").text == "1")
    }
  }

  @Test func `trailers are those of their own request, also where requests wait behind each other`() throws {
    try withServer(Self.echo()) { server in
      let client = try WireClient(port: server.port)
      let head = Array(Self.post("/stream", "Transfer-Encoding: chunked").utf8)
      let body = pattern(100)
      let trailers = ["X-First: 1\r\n", "", "X-Third: 3\r\n"]
      try client.send(trailers.flatMap { head + chunked(body, by: 50, trailers: $0) })
      for expected in [["X-First: 1"], [], ["X-Third: 3"]] {
        let answer = try client.chunkedAnswer()
        #expect(answer.body == body)
        #expect(answer.trailers == expected)
      }
    }
  }

  @Test func `a body is read as it is asked for, and pipelined requests wait behind it`() throws {
    var router = testRoutes()
    router.on(.post, "/count") { _, body, sender in
      var count = 0
      while let chunk = try await body.read() {
        count += chunk.count
        await Task.yield()
      }
      sender.send(.text("\(count)"))
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      var bytes: [UInt8] = []
      for round in 0..<20 {
        bytes += Array(Self.post("/count", "Transfer-Encoding: chunked").utf8)
        bytes += chunked(pattern(round * 1000), by: 333)
        bytes += Array("GET /n/\(round) HTTP/1.1\r\nHost: test\r\n\r\n".utf8)
      }
      let sending = Crowd(1) { [bytes] _ in try client.send(bytes) }
      for (index, answer) in try client.answers(40).enumerated() {
        #expect(answer.text == (index % 2 == 0 ? "\(index / 2 * 1000)" : "\(index / 2)"))
      }
      try sending.join()
    }
  }

  @Test(.countsAllocations)
  func `a body that comes in small pieces is collected without a copy of it for each`() throws {
    var router = testRoutes()
    router.on(.post, "/collect") { _, body, sender in
      let before = apus_heap_allocations()
      let bytes = try await body.collect(upTo: 1 << 20)
      let allocations = apus_heap_allocations() - before
      sender.send(.text("\(bytes.count) \(allocations)"))
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      try client.send(Self.post("/collect", "Transfer-Encoding: chunked"))
      try client.send(chunked(pattern(100_000), by: 1))
      let numbers = try client.answer().text.split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 2)
      #expect(numbers[0] == 100_000)
      #expect(numbers[1] < 1500)
    }
  }

  @Test func `leave to send is given with the first read, and not to a body that is refused`() throws {
    let gate = Gate()
    var router = testRoutes()
    router.on(.post, "/gated") { _, body, sender in
      await gate.pass()
      sender.send(.bytes(try await body.collect(upTo: 10)))
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      try client.send(Self.post("/gated", "Content-Length: 4", "Expect: 100-continue\r\n"))
      #expect(try client.staysSilent(milliseconds: 30))
      gate.open()
      #expect(try client.answer(toHead: true).status == 100)
      try client.send("abcd")
      #expect(try client.answer().text == "abcd")
      let answer = try client.ask(Self.post("/gated", "Content-Length: 11", "Expect: 100-continue\r\n"))
      #expect(answer.status == 413)
      #expect(answer.saysClose)
    }
  }

  @Test func `a handler that does not read makes its peer wait`() throws {
    let gate = Gate()
    var router = testRoutes()
    router.on(.post, "/slow") { _, body, sender in
      var count = try await body.read()?.count ?? 0
      await gate.pass()
      while let chunk = try await body.read() { count += chunk.count }
      sender.send(.text("\(count)"))
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      let sent = Witness()
      let sending = Crowd(1) { _ in
        try client.send(Self.post("/slow", "Content-Length: 40000000"))
        let piece = pattern(100_000)
        for _ in 0..<400 {
          try client.send(piece)
          sent.started.add(piece.count, ordering: .relaxed)
        }
      }
      // The kernel's buffers fill up, and ours do not grow: the sender comes to rest.
      var (before, now) = (0, 0)
      repeat {
        before = now
        #expect(try client.staysSilent(milliseconds: 100))
        now = sent.started.load(ordering: .relaxed)
      } while now == 0 || now != before
      #expect(now < 20_000_000)
      gate.open()
      #expect(try client.answer().text == "40000000")
      try sending.join()
    }
  }
}

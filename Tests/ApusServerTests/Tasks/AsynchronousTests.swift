// The asynchronous tier over loopback: where handlers run, in what order they answer, and how they end.

import Apus
import ApusEngine
import ApusRing
import Glibc
import Synchronization
import Testing

private actor Store {
  var count = 0
  func next() -> Int {
    count += 1
    return count
  }
}

@Suite struct AsynchronousTests {
  @Test func `a handler with await answers, suspended or not, in order with the others`() throws {
    var router = testRoutes()
    router.get("/at-once") { _ in await Self.atOnce() }
    router.get("/later/{number}") { request in
      try await Task.sleep(for: .milliseconds(2))
      return .text("later \(request.parameter("number") ?? "")")
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      #expect(try client.get("/at-once").text == "at once")
      #expect(try client.get("/later/7").text == "later 7")
      var text = ""
      for number in 0..<40 {
        let path = number % 3 == 0 ? "/later/\(number)" : number % 3 == 1 ? "/n/\(number)" : "/at-once"
        text += "GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n"
      }
      try client.send(text)
      for (number, answer) in try client.answers(40).enumerated() {
        let expected = number % 3 == 0 ? "later \(number)" : number % 3 == 1 ? "\(number)" : "at once"
        #expect(answer.text == expected)
      }
    }
  }

  private static func atOnce() async -> Response { .text("at once") }

  @Test func `whatever a handler awaited, it continues on its own core`() throws {
    let witness = Witness()
    let store = Store()
    var router = Router()
    router.get("/tour") { request in
      witness.look()
      try await Task.sleep(for: .milliseconds(1))
      witness.look()
      await Task.yield()
      witness.look()
      let number = await store.next()
      witness.look()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { witness.look() } }
      }
      async let other = store.next()
      _ = await other
      witness.look()
      // From a thread that is no core's.
      #expect(try await offload { Core.current == nil })
      witness.look()
      return .text("\(number > 0) \(request.header("X-Last") ?? "none")")
    }
    try withServer(router) { server in
      try inCrowd(4) { _ in
        let client = try WireClient(port: server.port)
        for round in 0..<50 {
          let answer = try client.ask("GET /tour HTTP/1.1\r\nHost: test\r\nX-Last: \(round)\r\n\r\n")
          #expect(answer.text == "true \(round)")
        }
      }
    }
    #expect(witness.offCore.load(ordering: .relaxed) == 0)
  }

  @Test func `a handler that throws after a suspension answers its error's status and keeps the connection`()
    throws
  {
    struct Trouble: Error {}
    var router = Router()
    router.get("/teapot") { _ in
      await Task.yield()
      throw HTTPError(.notFound, "no tea")
    }
    router.get("/trouble") { _ in
      try await Task.sleep(for: .milliseconds(1))
      throw Trouble()
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      let teapot = try client.get("/teapot")
      #expect(teapot.status == 404)
      #expect(teapot.text == "404 no tea\n")
      #expect(try client.get("/trouble").status == 500)
      #expect(try client.get("/teapot").status == 404)
    }
  }

  @Test func `a handler's task is cancelled when its peer resets the connection`() throws {
    let witness = Witness()
    let (_, summary) = try withServer(Self.sleeper(witness)) { server in
      do {
        let client = try WireClient(port: server.port)
        try client.send("GET /sleep HTTP/1.1\r\nHost: test\r\n\r\n")
        #expect(witness.await { $0.started.load(ordering: .relaxed) })
        client.reset()
      }
      #expect(witness.await { $0.cancelled.load(ordering: .relaxed) })
    }
    #expect(summary.closes(.peerReset) == 1)
    #expect(summary.counters.abandonedTasks == 0)
  }

  @Test func `a peer that half-closed gets the answer of a handler that suspends`() throws {
    var router = Router()
    router.get("/later") { _ in
      try await Task.sleep(for: .milliseconds(30))
      return .text("later")
    }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      try client.send("GET /later HTTP/1.1\r\nHost: test\r\n\r\n")
      client.finish()
      #expect(try client.answer().text == "later")
      #expect(try client.awaitEnd() == .finished)
    }
  }

  @Test func `a handler that takes too long is answered for with 503 and cancelled`() throws {
    let witness = Witness()
    let (_, summary) = try withServer(Self.sleeper(witness)) {
      $0.timeouts.answer = .milliseconds(30)
    } _: { server in
      let client = try WireClient(port: server.port)
      let answer = try client.get("/sleep")
      #expect(answer.status == 503)
      #expect(answer.saysClose)
      #expect(witness.await { $0.cancelled.load(ordering: .relaxed) })
    }
    #expect(summary.closes(.answerTimeout) == 1)
  }

  @Test func `a handler that never ends is cancelled at the drain's deadline`() throws {
    let witness = Witness()
    let (_, summary) = try withServer(Self.sleeper(witness), ending: .byTest) {
      $0.timeouts.drain = .milliseconds(60)
    } _: { server in
      let client = try WireClient(port: server.port)
      try client.send("GET /sleep HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(witness.await { $0.started.load(ordering: .relaxed) })
      server.drain()
      #expect(try client.awaitEnd() == .reset)
    }
    #expect(summary.wasForced)
    #expect(summary.closes(.drainForced) == 1)
    #expect(witness.cancelled.load(ordering: .relaxed) == 1)
    #expect(summary.counters.abandonedTasks == 0)
  }

  /// Who is never resumed; kept, as a leak checker takes what nobody knows of for lost.
  private static let never = Lock<[UnsafeContinuation<Void, Never>]>([])

  @Test func `a handler that ignores its cancellation does not keep the server from ending`() throws {
    var router = Router()
    router.get("/deaf") { _ in
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        Self.never.withLock { $0.append(continuation) }
      }
      return .empty()
    }
    let (_, summary) = try withServer(router, ending: .byTest) {
      $0.timeouts.linger = .milliseconds(20)
    } _: { server in
      let client = try WireClient(port: server.port)
      try client.send("GET /deaf HTTP/1.1\r\nHost: test\r\n\r\n")
      #expect(server.metrics { $0.activeRequests == 1 }.activeRequests == 1)
      server.stop()
      #expect(try client.awaitEnd() == .reset)
    }
    #expect(summary.counters.abandonedTasks == 1)
  }

  @Test func `a reset that comes along with a request ends its handler within an idle time-out`() throws {
    let (witness, busy) = (Witness(), BusyCore())
    let (_, summary) = try withServer(busy.routes(Self.sleeper(witness))) {
      $0.timeouts.keepAlive = .seconds(3)
    } _: { server in
      try busy.sendAndReset(server, 30) { try $0.send("GET /sleep HTTP/1.1\r\nHost: test\r\n\r\n") }
    }
    // The drain has waited for all of them.
    #expect(summary.closes(.peerReset) == 30)
    #expect(witness.started.load(ordering: .relaxed) > 0)
    #expect(witness.cancelled.load(ordering: .relaxed) == witness.started.load(ordering: .relaxed))
  }

  /// Sleeps for an hour unless it is cancelled.
  private static func sleeper(_ witness: Witness) -> Router {
    var router = testRoutes()
    router.get("/sleep") { _ in
      witness.started.add(1, ordering: .relaxed)
      do { try await Task.sleep(for: .seconds(3600)) } catch {
        witness.cancelled.add(1, ordering: .relaxed)
        throw error
      }
      return .empty()
    }
    return router
  }
}

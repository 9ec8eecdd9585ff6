// Answers in parts, requests at the same time, and tests that do not hang.

import Apus
import ApusTestSupport
import ApusTesting
import Synchronization
import Testing

@Suite(.elsewhere) struct TestExchangeTests {
  private static let modes = [TestServer.Mode.inMemory, .live]

  private func streams() -> Router {
    var router = Router()
    router.get("/") { _ in .text("OK") }
    router.events("/ticks") { _, events in
      for number in 0... {
        try await events.send("\(number)\nof many", event: "tick", id: "\(number)")
        try await events.comment()
        try await Task.sleep(for: .milliseconds(10))
      }
    }
    router.on(.get, "/flood") { _, _, sender in
      var writer = try sender.start()
      while true { try await writer.write(String(repeating: "flood ", count: 1000)) }
    }
    router.on(.get, "/lines") { _, _, sender in
      var writer = try sender.start()
      for line in ["one", "two\r", "", "three"] { try await writer.write(line + "\n") }
      try await writer.write("no end")
      try writer.finish()
    }
    return router
  }

  @Test(arguments: modes)
  func `a stream is read event by event, and another request is answered meanwhile`(mode: TestServer.Mode)
    async throws
  {
    try await TestServer(streams(), mode) { client in
      let ticks = try client.start(.get, "/ticks")
      let head = try await ticks.head()
      #expect(head.status == .ok)
      #expect(head["Content-Type"] == "text/event-stream")
      for number in 0..<3 {
        let event = try await ticks.nextEvent()
        #expect(event == TestEvent("\(number)\nof many", event: "tick", id: "\(number)"))
        #expect(try await client.get("/").text == "OK")
      }
      ticks.cancel()
    }
  }

  @Test func `between two reads a handler that sleeps stands still`() async throws {
    final class Count: Sendable { let value = Atomic(0) }
    let sent = Count()
    var router = Router()
    router.events("/ticks") { _, events in
      while true {
        sent.value.add(1, ordering: .relaxed)
        try await events.send("tick")
        try await Task.sleep(for: .seconds(3600))
      }
    }
    try await TestServer(router) { client in
      let ticks = try client.start(.get, "/ticks")
      #expect(sent.value.load(ordering: .relaxed) == 1, "what takes no time has been done")
      _ = try await ticks.nextEvent()
      #expect(sent.value.load(ordering: .relaxed) == 1)
      _ = try await ticks.nextEvent()
      #expect(sent.value.load(ordering: .relaxed) == 2)
      try client.pass(.seconds(7200))
      #expect(sent.value.load(ordering: .relaxed) == 4)
    }
  }

  @Test(arguments: modes)
  func `a stream is read by lines and pieces, and whole after all`(mode: TestServer.Mode) async throws {
    try await TestServer(streams(), mode) { client in
      let lines = try client.start(.get, "/lines")
      for line in ["one", "two", "", "three", "no end"] { #expect(try await lines.nextLine() == line) }
      #expect(try await lines.nextLine() == nil)
      #expect(try await lines.next() == nil)
      #expect(try await lines.response().text == "one\ntwo\r\n\nthree\nno end")
      let again = try client.start(.get, "/lines")
      var bytes: [UInt8] = []
      while let piece = try await again.next() { bytes += piece }
      #expect(String(decoding: bytes, as: UTF8.self) == "one\ntwo\r\n\nthree\nno end")
    }
  }

  @Test(arguments: modes, ["/ticks", "/flood"])
  func `a stream that is not read to its end holds nothing up`(mode: TestServer.Mode, path: String)
    async throws
  {
    let start = ContinuousClock.now
    try await TestServer(streams(), mode) { client in
      let stream = try client.start(.get, path)
      #expect(try await stream.next() != nil)
    }
    #expect(ContinuousClock.now - start < .seconds(20), "less than a drain")
  }

  /// Two handlers of which each goes on when the other is there.
  private actor Meeting {
    private var waiting: CheckedContinuation<Void, Never>?

    func meet() async {
      if let other = waiting.take() { return other.resume() }
      await withCheckedContinuation { waiting = $0 }
    }
  }

  private func meeting() -> Router {
    let meeting = Meeting()
    var router = Router()
    router.get("/meet/{name}") { request in
      let name = request.parameter("name") ?? ""
      await meeting.meet()
      return .text(name)
    }
    router.get("/sleep/{seconds}") { request in
      let seconds = try request.parameter("seconds", as: Int.self)
      try await Task.sleep(for: .seconds(seconds))
      return .text("slept \(seconds)")
    }
    return router
  }

  @Test(arguments: modes)
  func `two requests that are under way at once may wait for each other`(mode: TestServer.Mode) async throws {
    try await TestServer(meeting(), mode) { client in
      let first = try client.start(.get, "/meet/first")
      let second = try client.start(.get, "/meet/second")
      #expect(try await first.response().text == "first")
      #expect(try await second.response().text == "second")
    }
  }

  @Test(arguments: modes)
  func `tasks of a test may ask at once`(mode: TestServer.Mode) async throws {
    try await TestServer(meeting(), mode) { client in
      async let first = client.get("/meet/first").text
      async let second = client.get("/meet/second").text
      let names = try await [first, second]
      #expect(names == ["first", "second"])
      try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<20 { group.addTask { try await client.get("/meet/\(number)").text } }
        var all: Set<String> = []
        for try await name in group { all.insert(name) }
        #expect(all.count == 20)
      }
    }
  }

  @Test func `answers come in the order in which their handlers end`() async throws {
    try await TestServer(meeting()) { client in
      let slow = try client.start(.get, "/sleep/3000")
      let quick = try client.start(.get, "/sleep/30")
      #expect(try await quick.response().text == "slept 30")
      try client.pass(.seconds(2900))
      let later = try client.start(.get, "/sleep/100")
      #expect(try await slow.response().text == "slept 3000")
      #expect(try await later.response().text == "slept 100")
    }
  }

  @Test(arguments: modes)
  func `an answer without end is said to be one, by its bytes`(mode: TestServer.Mode) async throws {
    try await TestServer(streams(), mode) { client in
      client.limits.bytes = 1 << 20
      do {
        _ = try await client.get("/flood")
        Issue.record("it has no end")
      } catch TestServerError.endless(let bytes, _, let beginning) {
        #expect((1 << 20)...(2 << 20) ~= bytes)
        #expect(beginning.hasPrefix("flood flood"))
      }
      client.limits = TestClient.Limits()
      #expect(try await client.get("/").text == "OK")
    }
  }

  @Test(arguments: modes)
  func `an answer without end is said to be one, by its time`(mode: TestServer.Mode) async throws {
    try await TestServer(streams(), mode) { client in
      client.limits.time = .milliseconds(500)
      do {
        _ = try await client.get("/ticks")
        Issue.record("it has no end")
      } catch let error as TestServerError {
        guard case .endless(_, let time, let beginning) = error else { throw error }
        #expect(time > .milliseconds(500))
        #expect(beginning.hasPrefix("event: tick"))
        #expect("\(error)".contains("client.start"))
      }
    }
  }

  @Test func `a day of ticks is told without being asked`() async throws {
    var router = Router()
    router.events("/") { _, events in
      while true {
        try await events.send("")
        try await Task.sleep(for: .seconds(60))
      }
    }
    try await TestServer(router) { client in
      await #expect(throws: TestServerError.self) { try await client.get("/") }
    }
  }

  @Test(arguments: modes)
  func `a test that is cancelled ends at once`(mode: TestServer.Mode) async throws {
    var router = streams()
    router.get("/never") { _ in
      try await Task.sleep(for: .seconds(1_000_000))
      return .empty()
    }
    router.get("/others") { _ in
      // On another thread, out of the core's sight.
      await Task.detached { try? await Task.sleep(for: .seconds(3)) }.value
      return .empty()
    }
    let routes = router
    for path in mode == .live ? ["/never", "/ticks"] : ["/others", "/flood"] {
      let start = ContinuousClock.now
      let (begun, begin) = AsyncStream.makeStream(of: Void.self)
      // A task prefers no executor unless it is told to.
      let test = Task(executorPreference: Elsewhere()) {
        try await TestServer(routes, mode) { client in
          client.limits.time = .seconds(1_000_000_000)
          client.limits.bytes = .max
          let exchange = try client.start(.get, path)
          begin.yield()
          _ = try await exchange.response()
        }
      }
      for await _ in begun { break }
      test.cancel()
      await #expect(throws: CancellationError.self) { _ = try await test.value }
      // Left alone it would never end; beside the whole suite, on a busy machine, a task waits minutes
      // for a thread of the pool.
      #expect(ContinuousClock.now - start < .seconds(600), "\(path)")
    }
  }

  @Test func `a handler that uses its own test's client gets an error that says so`() async throws {
    let (clients, give) = AsyncStream.makeStream(of: TestClient.self)
    var router = Router()
    router.get("/") { _ in
      for await client in clients { return .text(try await client.get("/").text) }
      return .empty()
    }
    try await TestServer(router) { client in
      give.yield(client)
      let answer = try await client.get("/")
      #expect(answer.status == .internalServerError)
    }
  }

  @Test(arguments: [TestServer.Mode.inMemory, .live])
  func `an answer that breaks off is told with what had come of it`(mode: TestServer.Mode) async throws {
    struct Mistake: Error {}
    var router = Router()
    router.events("/ticks") { _, events in
      try await events.send("one")
      try await Task.sleep(for: .milliseconds(1))
      throw Mistake()
    }
    try await TestServer(router, mode) { client in
      let ticks = try client.start(.get, "/ticks")
      let first = try await ticks.nextEvent()
      #expect(first == TestEvent("one"))
      do {
        _ = try await ticks.nextEvent()
        Issue.record("the stream goes on")
      } catch let error as TestServerError {
        #expect("\(error)".contains("after \"200: data: one"), "\(error)")
      }
    }
  }
}

import Apus
import ApusExamples
import ApusTestSupport
import ApusTesting
import Testing

/// The examples, as their reader would drive them: in memory, over a socket, and cut into single bytes.
@Suite struct ExampleTests {
  private static let modes: [TestServer.Mode] = [.inMemory, .live, .liveUnixSocket]

  @Test(arguments: modes)
  func `hello greets the world and a name, and knows no other path or method`(mode: TestServer.Mode)
    async throws
  {
    try await TestServer(ApusExamples.hello(), mode) { client in
      let world = try await client.get("/")
      #expect(world.text == "Hello, World!\n")
      #expect(try await client.get("/hello/Ana").text == "Hello, Ana!\n")
      #expect(try await client.get("/none").status == .notFound)
      #expect(try await client.post("/").status == .methodNotAllowed)
    }
  }

  @Test(arguments: modes)
  func `todos are made, changed, listed and removed, and mistakes have an error`(mode: TestServer.Mode)
    async throws
  {
    try await TestServer(ApusExamples.todos(), mode) { client in
      #expect(try await client.get("/todos").text == "[]")
      let made = try await client.post("/todos", json: ["title": "write"])
      #expect(made.status == .created)
      #expect(made["Location"] == "/todos/1")
      #expect(try made.decode(Todo.self).title == "write")
      let changed = try await client.send(.patch, "/todos/1", json: ["isDone": true])
      #expect(try changed.decode(Todo.self).isDone)
      let all = try await client.get("/todos")
      #expect(try all.decode([Todo].self).map(\.title) == ["write"])
      #expect(try await client.delete("/todos/1").status == .noContent)
      let gone = try await client.get("/todos/1")
      #expect(gone.status == .notFound)
      #expect(gone.text == "404 there is no todo 1\n")
      #expect(gone["X-Request-Id"] != nil)
      #expect(try await client.get("/todos/x").status == .badRequest)
      #expect(try await client.post("/todos", json: ["name": "x"]).text == "400 a todo has a title\n")
      #expect(try await client.post("/todos", "{", type: .json).text == "400 the body is not JSON\n")
    }
  }

  @Test func `todos are made and listed one byte at a time`() async throws {
    try await TestServer(ApusExamples.todos()) { client in
      client.splitting = .everyByte
      let made = try await client.post("/todos", json: ["title": "write"])
      #expect(made.status == .created)
      let all = try await client.get("/todos")
      #expect(try all.decode([Todo].self).count == 1)
    }
  }

  @Test func `the ticker ticks for a thousand seconds in no time`() async throws {
    try await TestServer(ApusExamples.ticker()) { client in
      let answer = try await client.get("/ticks?count=1000")
      #expect(answer["Content-Type"] == "text/event-stream")
      let events = answer.text.split(separator: "\n\n")
      #expect(events.count == 1000)
      #expect(events.last == "event: tick\nid: 1000\ndata: 1000")
    }
  }

  @Test(arguments: modes)
  func `an upload is summed up, or sent back as it came`(mode: TestServer.Mode) async throws {
    try await TestServer(ApusExamples.upload(), mode) { client in
      let answer = try await client.post("/upload", "Wikipedia")
      #expect(answer.text == #"{"bytes":9,"adler32":300286872}"#)
      let large = [UInt8](repeating: 7, count: 300_000)
      let echo = try await client.send(.post, "/echo", body: large)
      expectSame(echo.body, large)
      #expect(echo["Content-Length"] == "300000")
    }
  }

  @Test(arguments: modes)
  func `primes below a bound are counted, and a negative bound is refused`(mode: TestServer.Mode) async throws
  {
    try await TestServer(ApusExamples.primes(), mode) { client in
      let answer = try await client.get("/primes/100000")
      #expect(answer.text == #"{"primes":9592}"#)
      #expect(try await client.get("/primes/2").text == #"{"primes":0}"#)
      #expect(try await client.get("/primes/-1").status == .badRequest)
    }
  }
}

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire
import Logging
import Synchronization
import Testing

/// The client against our own server over loopback, counted from both ends.
@Suite(.elsewhere) struct ClientTests {
  private func text(_ client: Client, _ request: ClientRequest) async throws -> String {
    try await client.send(request).text
  }

  @Test func `requests one after another go over one connection, as both ends say`() async throws {
    let (uses, summary) = try await withServer { url in
      let client = patientClient()
      var uses: [UInt32] = []
      for number in 0..<5 {
        let text = try await client.perform(.get, "\(url)/n/\(number)") { head, body in
          #expect(head.status == .ok)
          return "\(try await body.text(upTo: 100)) \(head.connection.uses)"
        }
        uses.append(UInt32(text.split(separator: " ")[1])!)
        #expect(text.hasPrefix("\(number) "))
      }
      return uses
    }
    #expect(uses == [1, 2, 3, 4, 5])
    #expect(summary.requests == 5 && summary.connections == 1 && summary.reusedConnections == 4)
  }

  @Test func `as many connections as the bound says, and the reuse that follows from it`() async throws {
    var configuration = patientConfiguration()
    configuration.connectionsPerHost = 8
    let client = Client(configuration)
    let (_, summary) = try await withServer { url in
      try await withThrowingTaskGroup { group in
        for number in 0..<1000 {
          group.addTask {
            let text = try await client.perform(.get, "\(url)/n/\(number)") { try await $1.text(upTo: 100) }
            #expect(text == String(number))
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(summary.requests == 1000)
    #expect(summary.connections == 8 && summary.reusedConnections == 992)
  }

  @Test func `a handler asks on its own core, and its connection is kept for the next handler`() async throws
  {
    let client = patientClient()
    let (_, back) = try await withServer { inner in
      var router = Router()
      router.get("/ask/{number}") { request in
        let number = request.parameter("number") ?? ""
        let before = Core.current.map { ObjectIdentifier($0) }
        let text = try await client.perform(.get, "\(inner)/n/\(number)") { _, body in
          #expect(Core.current.map { ObjectIdentifier($0) } == before)
          return try await body.text(upTo: 100)
        }
        #expect(before != nil && Core.current.map { ObjectIdentifier($0) } == before)
        return .text("got \(text)")
      }
      let outer = patientClient()
      let (_, front) = try await withServer(router) { url in
        for number in 0..<20 {
          let text = try await outer.perform(.get, "\(url)/ask/\(number)") { try await $1.text(upTo: 100) }
          #expect(text == "got \(number)")
        }
      }
      #expect(front.requests == 20 && front.connections == 1)
    }
    #expect(back.requests == 20 && back.connections == 1 && back.reusedConnections == 19)
  }

  @Test func `a task on a core of the client's own runs there from its first step to its last`()
    async throws
  {
    let client = patientClient()
    for _ in 0..<100 {
      let isThere = try await client.onCore { Core.current != nil }
      #expect(isThere)
    }
    let (_, summary) = try await withServer { url in
      try await client.onCore {
        let core = Core.current.map { ObjectIdentifier($0) }
        for _ in 0..<3 {
          _ = try await client.get(url + "/n/1")
          #expect(core != nil && Core.current.map { ObjectIdentifier($0) } == core)
        }
      }
      await client.closeIdleConnections()
      _ = try await client.get(url + "/n/1")
    }
    #expect(summary.requests == 4 && summary.connections == 2)
  }

  @Test func `bodies flow both ways`() async throws {
    let (_, summary) = try await withServer { url in
      let client = patientClient()
      let large = pattern(3_000_000)
      let echoed = try await client.perform(.post, "\(url)/stream", body: .bytes(large)) { head, body in
        #expect(head.expectedCount == nil)
        return try await body.collect(upTo: 4_000_000)
      }
      expectSame(echoed, large)
      let written = try await client.perform(
        .post, "\(url)/stream",
        body: .stream { writer in
          for part in 0..<50 { try await writer.write(Array(large[part * 10_000..<(part + 1) * 10_000])) }
        }
      ) { _, body in try await body.collect(upTo: 1_000_000) }
      expectSame(written, large[..<500_000])
      let announced = try await client.perform(
        .post, "\(url)/echo",
        body: .stream(length: 11) {
          try await $0.write("hello "); try await $0.write("world")
        }
      ) { try await $1.text(upTo: 100) }
      #expect(announced == "hello world")
    }
    #expect(summary.connections == 1, "streamed or not, the connection is kept")
  }

  @Test func `a response that is not read is dropped if it is short, and costs its connection if it is long`()
    async throws
  {
    let (_, summary) = try await withServer { url in
      let client = patientClient()
      for _ in 0..<3 { try await client.perform(.get, "\(url)/bytes/20000") { _, _ in } }
      let again = try await client.perform(.get, "\(url)/n/1") { head, _ in head.connection.isReused }
      #expect(again)
      try await client.perform(.get, "\(url)/bytes/3000000") { _, _ in }
      let value1 = try await client.perform(.get, "\(url)/n/1") { head, _ in head.connection.isReused }
      #expect(value1 == false)
    }
    #expect(summary.connections == 2)
  }

  @Test func `HEAD, 204 and 304 have no body, and the connection is kept`() async throws {
    let (_, summary) = try await withServer { url in
      let client = patientClient()
      for (method, path, status) in [
        (ApusWire.Method.head, "/bytes/5000", 200), (.get, "/status/204", 204), (.get, "/status/304", 304),
        (.get, "/n/1", 200), (.options, "/n/1", 204), (.get, "/nothing", 404),
      ] {
        let seen = try await client.perform(method, url + path) { head, body in
          if method == .head || status == 204 || status == 304 {
            let chunk = try await body.read()
            #expect(chunk == nil)
          }
          return head.status.code
        }
        #expect(seen == UInt16(status))
      }
    }
    #expect(summary.connections == 1 && summary.requests == 6)
  }

  @Test func `redirects are followed, with the method and the body that they ask for`() async throws {
    _ = try await withServer { url in
      let client = patientClient()
      func follow(_ method: ApusWire.Method, _ path: String, _ body: ClientBody = .none) async throws
        -> String
      {
        try await client.perform(method, url + path, body: body) { head, body in
          "\(head.status.code) \(head.url.dropFirst(url.count)) \(try await body.text(upTo: 1000))"
        }
      }
      let value2 = try await follow(.get, "/to/302/n/5")
      #expect(value2 == "200 /n/5 5")
      let value3 = try await follow(.post, "/to/303/method", .text("x"))
      #expect(value3 == "200 /method GET")
      let value4 = try await follow(.post, "/to/302/method", .text("x"))
      #expect(value4 == "200 /method GET")
      let value5 = try await follow(.post, "/to/307/echo", .text("body"))
      #expect(value5 == "200 /echo body")
      await #expect(throws: ClientError.tooManyRedirects) { try await follow(.get, "/loop") }
      await #expect(throws: ClientError.bodyNotReplayable) {
        try await follow(.post, "/to/307/echo", .stream { try await $0.write("x") })
      }
      var quiet = patientConfiguration()
      quiet.redirects = 0
      let status = try await Client(quiet).perform(.get, url + "/to/302/n/5") { head, _ in head.status.code }
      #expect(status == 302)
    }
  }

  @Test func `secrets do not follow a redirect to another origin`() async throws {
    let (_, _) = try await withServer { other in
      var router = Router()
      router.get("/away") { _ in
        Response(status: .found, fields: [ResponseField("Location", "\(other)/secret")])
      }
      router.get("/here") { _ in Response(status: .found, fields: [ResponseField("Location", "/secret")]) }
      router.get("/secret") { request in .text(request.header("authorization") ?? "none") }
      _ = try await withServer(router) { url in
        var request = ClientRequest(.get, url + "/away")
        request.authorize(user: "Aladdin", password: "open sesame")
        let client = patientClient()
        let value6 = try await text(client, request)
        #expect(value6 == "none")
        request.url = url + "/here"
        #expect(
          try await text(client, request) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
      }
    }
  }

  private struct Person: Codable, Equatable, Sendable { var name: String }

  @Test func `JSON and forms arrive as such, and a query is added to the URL's own`() async throws {
    _ = try await withServer { url in
      let client = patientClient()
      let person = Person(name: "Ada")
      let back = try await client.perform(.post, url + "/echo", body: try .json(person)) { _, body in
        try await body.decode(Person.self, upTo: 1000)
      }
      #expect(back == person)
      let form = try await client.perform(.post, url + "/echo", body: .form([("a b", "c&d"), ("e", "f/é")])) {
        try await $1.text(upTo: 1000)
      }
      #expect(form == "a+b=c%26d&e=f%2F%C3%A9")
      var request = ClientRequest(.get, url + "/query?x=1")
      request.query = [("y", "2 3")]
      let value7 = try await text(client, request)
      #expect(value7 == "x=1&y=2+3")
    }
  }

  @Test func `100-continue: the body waits for leave, and is not sent to one who refuses`() async throws {
    let (_, summary) = try await withServer { url in
      var request = ClientRequest(.post, url + "/echo", body: .text("patience"))
      request.expectsContinue = true
      let client = patientClient()
      let value8 = try await text(client, request)
      #expect(value8 == "patience")
      let produced = Atomic<Bool>(false)
      var refused = ClientRequest(
        .post, url + "/small",
        body: .stream(length: 100_000) { writer in
          produced.store(true, ordering: .relaxed)
          try await writer.write([UInt8](repeating: 1, count: 100_000))
        })
      refused.expectsContinue = true
      let value9 = try await client.perform(refused) { head, _ in head.status.code }
      #expect(value9 == 413)
      let wasProduced = produced.load(ordering: .relaxed)
      #expect(!wasProduced, "the producer is not called")
    }
    #expect(summary.requests == 2)
    #expect(summary.counters.bytesReceived < 10_000)
  }

  @Test func `an answer before the body is whole ends the sending, and is the response`() async throws {
    _ = try await withServer { url in
      let status = try await patientClient().perform(
        .post, url + "/small",
        body: .stream(length: 500_000_000) { writer in
          while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
        }
      ) { head, _ in head.status.code }
      #expect(status == 413)
    }
  }

  @Test func `events tell of waiting, of a new connection, and of a used one`() async throws {
    let log = Lock<[ClientEvent.Kind]>([])
    var configuration = patientConfiguration()
    configuration.connectionsPerHost = 1
    configuration.onEvent = { event in log.withLock { $0.append(event.kind) } }
    let client = Client(configuration)
    _ = try await withServer { url in
      let second = try await client.perform(.get, url + "/n/1") { _, _ in
        // Who asks while the only connection is lent waits for it.
        let second = Task(executorPreference: Elsewhere()) {
          try await client.perform(.get, url + "/n/1") { _, _ in }
        }
        let end = ContinuousClock.now + .seconds(WireClient.patience)
        while !log.withLock({ $0.contains(.queued) }), ContinuousClock.now < end { await Task.yield() }
        return second
      }
      try await second.value
    }
    let kinds = log.withLock { $0 }
    #expect(kinds.contains { if case .connected = $0 { true } else { false } })
    #expect(kinds.contains { if case .reused = $0 { true } else { false } })
    #expect(kinds.contains(.queued))
  }
}

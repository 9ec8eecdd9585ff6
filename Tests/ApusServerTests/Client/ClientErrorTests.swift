import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire
import Synchronization
import Testing

/// What a client says when a request comes to nothing, and that nothing is left of it.
@Suite(.elsewhere) struct ClientErrorTests {
  @Test(
    arguments: [
      ("https://example.org/", ClientError.unsupportedScheme), ("ftp://example.org/", nil), ("http://", nil),
      ("http://user:secret@example.org/", nil), ("http://example.org:0/", nil), ("http://exa mple/", nil),
    ])
  func `a URL that names no server is told from a scheme that is not spoken`(url: String, error: ClientError?)
    async throws
  {
    let client = patientClient()
    do {
      _ = try await client.get(url)
      Issue.record("\(url) was asked")
    } catch let thrown as ClientError {
      if let error {
        #expect(thrown == error)
        #expect("\(thrown)".hasPrefix("https is not spoken: set Client.Configuration.security"))
      } else if case .invalidURL = thrown {
      } else {
        Issue.record("\(thrown)")
      }
    }
  }

  @Test func `a method that would break its line is refused`() async throws {
    var request = ClientRequest(.get, "http://127.0.0.1/")
    request.method = "GET / HTTP/1.1\r\nX: y"
    await #expect(throws: ClientError.invalidMethod(request.method)) {
      try await patientClient().send(request)
    }
  }

  @Test func `values that would break their lines are refused, each by its field's name`() async throws {
    let url = "http://127.0.0.1/"
    await #expect(throws: ClientError.invalidField("Content-Type")) {
      try await patientClient().post(url, .text("hi", type: "text/plain\r\nX: y"))
    }
    var configuration = patientConfiguration()
    configuration.userAgent = "me\r\nX: y"
    let client = Client(configuration)
    await #expect(throws: ClientError.invalidField("User-Agent")) { try await client.get(url) }
    await #expect(throws: ClientError.invalidField("User-Agent")) { try await client.post(url, .text("hi")) }
  }

  @Test func `a refused connect and a name without an address are told apart`() async throws {
    let client = patientClient()
    let refusing = LoopbackSocket.refusing()
    await #expect(throws: ClientError.connectFailed("Connection refused")) {
      try await client.get("http://127.0.0.1:\(refusing.port)/")
    }
    do {
      _ = try await client.get("http://no-such-host.invalid/")
      Issue.record("no-such-host.invalid has an address")
    } catch ClientError.nameNotResolved {}
    let held = await client.auditForTesting()
    #expect(held == [])
  }

  @Test func `lengths and connections are the client's own to say`() async throws {
    let (text, summary) = try await withServer { url in
      var request = ClientRequest(.post, url + "/echo", body: .text("hello"))
      request.fields = ["Content-Length", "content-length", "Transfer-Encoding", "Connection", "Expect"].map {
        ResponseField(name: $0, value: "7")!
      }
      let client = patientClient()
      _ = try await client.send(request)
      return try await client.send(request).text
    }
    #expect(text == "hello")
    #expect(summary.connections == 1 && summary.requests == 2)
  }

  @Test func `a producer that fails fails its request, and the server sees no whole body`() async throws {
    struct Mistake: Error {}
    let whole = Atomic<Int>(0)
    var router = clientRoutes()
    router.post("/whole") { _ in
      whole.add(1, ordering: .relaxed)
      return .empty(204)
    }
    _ = try await withServer(router, findingUnheardResets) { url in
      let client = patientClient()
      await #expect(throws: Mistake.self) {
        try await client.send(
          ClientRequest(
            .post, url + "/whole",
            body: .stream {
              try await $0.write("some")
              throw Mistake()
            }))
      }
      await #expect(throws: ClientError.bodyTooShort(missing: 6)) {
        try await client.post(url + "/whole", .stream(length: 10) { try await $0.write("some") })
      }
      let text = try await client.get(url + "/n/3").text
      #expect(text == "3")
    }
    #expect(whole.load(ordering: .relaxed) == 0)
  }

  @Test func `text of somebody else's that no request can be made of is an error, and nothing of it is sent`()
    async throws
  {
    let (_, summary) = try await withServer { url in
      let client = patientClient()
      await #expect(throws: ClientError.invalidField("X-Name")) {
        try await client.get(url + "/n/1", fields: [ResponseField("X-Name", "a\r\nHost: elsewhere")])
      }
      await #expect(throws: ClientError.invalidField("")) {
        try await client.get(url + "/n/1", fields: [ResponseField("X Name", "a")])
      }
      await #expect(throws: ClientError.invalidField("Content-Type")) {
        try await client.post(url + "/n/1", .text("x", type: "text/\nplain"))
      }
      for method in [Method.other, .connect] {
        await #expect(throws: ClientError.invalidMethod(method.name)) {
          try await client.send(ClientRequest(method, url + "/n/1"))
        }
        await #expect(throws: ClientError.invalidMethod(method.name)) {
          try await client.perform(method, url + "/n/1") { _, _ in }
        }
      }
    }
    #expect(summary.requests == 0)
  }

  @Test func `a producer that writes more than it announced fails its request`() async throws {
    let (_, summary) = try await withServer(clientRoutes(), findingUnheardResets) { url in
      let client = patientClient()
      await #expect(throws: ClientError.bodyTooLong(excess: 2)) {
        try await client.post(url + "/n/1", .stream(length: 2) { try await $0.write("some") })
      }
    }
    #expect(summary.connections == 1)
  }

  @Test func `what the closure throws comes through, and the next request has a connection`() async throws {
    struct Mistake: Error {}
    let (_, summary) = try await withServer { url in
      let client = patientClient()
      for _ in 0..<3 {
        await #expect(throws: Mistake.self) {
          try await client.perform(.get, url + "/n/1") { _, _ in throw Mistake() }
        }
      }
    }
    #expect(summary.requests == 3 && summary.connections == 1)
  }

  @Test func `a response longer than wanted is an error, one just as long is not`() async throws {
    _ = try await withServer { url in
      await #expect(throws: ClientError.bodyTooLarge) {
        try await patientClient().get(url + "/bytes/5000", upTo: 4999)
      }
      let bytes = try await patientClient().get(url + "/bytes/5000", upTo: 5000).bytes
      #expect(bytes.count == 5000)
    }
  }

  @Test func `a storm of cancellations leaves nothing behind`() async throws {
    var configuration = patientConfiguration()
    configuration.connectionsPerHost = 4
    let client = Client(configuration)
    let (begun, begin) = AsyncStream.makeStream(of: Void.self)
    var router = clientRoutes()
    router.get("/begun") { _ in
      begin.yield()
      try await cancellation()
      return .empty(204)
    }
    _ = try await withServer(router) { url in
      var arrivals = begun.makeAsyncIterator()
      for round in 0..<20 {
        await withTaskGroup { group in
          for number in 0..<50 {
            group.addTask {
              let path = ["/n/1", "/slowly", "/begun", "/bytes/200000"][number % 4]
              _ = try? await client.get(url + path)
            }
          }
          for _ in 0..<round { await Task.yield() }
          // Some are cancelled before they have left, some when the server is at work on them.
          if round % 3 == 0 { await arrivals.next() }
          group.cancelAll()
        }
      }
      // Every place is free again: as many requests as there are connections, at once.
      try await withThrowingTaskGroup { group in
        for number in 0..<4 {
          group.addTask {
            let text = try await client.get(url + "/n/\(number)").text
            #expect(text == "\(number)")
          }
        }
        try await group.waitForAll()
      }
      let held = await client.auditForTesting()
      #expect(held == [])
    }
  }

  @Test(.timeLimit(.minutes(10))) func `a client that is gone has closed its connections and its rings`()
    async throws
  {
    let (ends, summary) = try await withServer(clientRoutes(), { $0.timeouts.drainIdle = .seconds(60) }) {
      url in
      var ends: [RingEnd] = []
      for _ in 0..<5 {
        let client = patientClient()
        _ = try await client.get(url + "/n/1")
        ends += client.ringEndsForTesting
      }
      return ends
    }
    // The drain has ended because the connections have, not because it closed them.
    #expect(summary.connections == 5 && summary.closes(.peerFinished) == 5)
    #expect(ends.count == 5)
    for end in ends { await end.wait() }
  }
}

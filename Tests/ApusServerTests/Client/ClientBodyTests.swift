import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusWire
import Synchronization
import Testing

/// Bodies as they flow, trailers, and other ways to a server than TCP.
@Suite(.elsewhere) struct ClientBodyTests {
  @Test func `trailers go both ways, but for fields that frame a message`() async throws {
    _ = try await withServer { url in
      let body = ClientBody.stream { writer in
        try await writer.write("hello")
        writer.trailers = [ResponseField("X-Own", "mine"), ResponseField("Content-Length", "3")]
      }
      let response = try await patientClient().post(url + "/trailers", body)
      #expect(response.text == "5")
      #expect(response.trailers.map(\.name) == ["X-Sum", "X-Own"])
      #expect(response.trailers.map(\.value) == ["5", "mine"])
    }
  }

  @Test func `written bytes are read back while more are written`() async throws {
    _ = try await withServer { url in
      let (asked, ask) = AsyncStream.makeStream(of: String.self)
      let body = ClientBody.stream { writer in for await word in asked { try await writer.write(word) } }
      let heard = try await patientClient().perform(.post, url + "/stream", body: body) { _, body in
        var heard: [String] = []
        for word in ["one", "two", "three"] {
          ask.yield(word)
          guard let chunk = try await body.read() else { break }
          heard.append(String(decoding: [UInt8](copying: chunk.bytes), as: UTF8.self))
        }
        ask.finish()
        let end = try await body.read()
        #expect(end == nil)
        return heard
      }
      #expect(heard == ["one", "two", "three"])
    }
  }

  @Test func `a producer that waits for its own source holds up neither an early answer nor a time-out`()
    async throws
  {
    var router = clientRoutes()
    router.on(.post, "/early") { _, _, sender in sender.send(.text("early")) }
    router.on(.post, "/silent") { _, body, _ in while let chunk = try await body.read() { _ = chunk } }
    _ = try await withServer(router) { url in
      let (source, feed) = AsyncStream.makeStream(of: String.self)
      let body = ClientBody.stream { writer in
        try await writer.write("some")
        for await word in source { try await writer.write(word) }
      }
      let text = try await patientClient().post(url + "/early", body).text
      #expect(text == "early")
      var configuration = patientConfiguration()
      configuration.timeouts.total = .milliseconds(200)
      let hasty = Client(configuration)
      let (other, otherFeed) = AsyncStream.makeStream(of: String.self)
      await #expect(throws: ClientError.timedOut(.total)) {
        try await hasty.post(
          url + "/silent", .stream { for await word in other { try await $0.write(word) } })
      }
      feed.finish()
      otherFeed.finish()
    }
  }

  @Test func `a cancelled upload is never a whole one`() async throws {
    let whole = Atomic<Int>(0)
    var router = clientRoutes()
    router.on(.post, "/whole") { _, body, sender in
      while let chunk = try await body.read() { _ = chunk }
      whole.add(1, ordering: .relaxed)
      sender.send(.empty(204))
    }
    let elsewhere = Elsewhere()
    _ = try await withServer(router, findingUnheardResets) { url in
      let client = patientClient()
      for _ in 0..<20 {
        let (source, feed) = AsyncStream.makeStream(of: String.self)
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let upload = Task(executorPreference: elsewhere) {
          try await client.post(
            url + "/whole",
            .stream { writer in
              try await writer.write("some")
              begin.finish()
              for await word in source { try await writer.write(word) }
            })
        }
        for await _ in begun {}
        upload.cancel()
        await #expect(throws: CancellationError.self) { try await upload.value }
        feed.finish()
      }
    }
    #expect(whole.load(ordering: .relaxed) == 0)
  }

  @Test func `requests over a unix socket share one connection, whatever host they name`() async throws {
    let tree = TemporaryTree()
    let path = "\(tree.path)/client.sock"
    let (_, summary) = try await withServer(clientRoutes(), { $0.listen = [.unix(path)] }) { _ in
      var configuration = patientConfiguration()
      configuration.unixSocket = path
      let client = Client(configuration)
      for number in 0..<3 {
        let text = try await client.get("http://any.host/n/\(number)").text
        #expect(text == "\(number)")
      }
    }
    #expect(summary.requests == 3 && summary.connections == 1)
  }

  @Test func `a name is looked up apart from the core, and kept`() async throws {
    let lookUps = Atomic<Int>(0)
    let clock = ContinuousClock()
    let start = clock.now
    let (_, summary) = try await withServer { url in
      let resolver = Resolver(lookUp: { host, port in
        lookUps.add(1, ordering: .relaxed)
        return host == "ours.example"
          ? .success([.numeric(host: "127.0.0.1", port: port)!]) : .failure(.init(explanation: "no"))
      })
      let client = Client(patientConfiguration(), resolver: resolver)
      let port = url.split(separator: ":").last!
      try await withThrowingTaskGroup { group in
        for number in 0..<20 {
          group.addTask { _ = try await client.get("http://Ours.Example:\(port)/n/\(number)") }
        }
        try await group.waitForAll()
      }
      await #expect(throws: ClientError.nameNotResolved("no")) {
        try await client.get("http://theirs.example:\(port)/")
      }
    }
    // A name is kept for ten seconds.
    let most = 2 + Int((clock.now - start) / .seconds(10))
    #expect((2...most).contains(lookUps.load(ordering: .relaxed)))
    #expect(summary.requests == 20)
  }
}

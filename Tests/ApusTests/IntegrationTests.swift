// What package traits add; empty without them. `scripts/test --traits` runs it.

import Apus
import ApusRing
import ApusTesting
import Testing

#if ServiceLifecycle
  import ServiceLifecycle
  import Logging
  import Synchronization

  @Suite struct ServiceTests {
    private func server(_ started: AsyncStream<RunningServer>.Continuation) -> Server {
      var router = Router()
      router.get("/") { _ in .text("OK") }
      var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
      configuration.cores = .count(1)
      configuration.timeouts.drainIdle = .milliseconds(10)
      var server = Server(router, configuration: configuration)
      server.whenListening = { started.yield($0) }
      return server
    }

    @Test func `a group runs a server, and drains it when it shuts down`() async throws {
      let (stream, continuation) = AsyncStream<RunningServer>.makeStream()
      let group = ServiceGroup(services: [server(continuation)], logger: Logger(label: "test"))
      async let ended: Void = group.run()
      var servers = stream.makeAsyncIterator()
      let running = try #require(await servers.next())
      #expect(running.port > 0)
      await group.triggerGracefulShutdown()
      try await ended
      #expect(running.metrics.openConnections == 0)
    }

    @Test func `a cancelled task ends its server`() async throws {
      let (stream, continuation) = AsyncStream<RunningServer>.makeStream()
      let server = server(continuation)
      let task = Task { try await server.run() }
      var servers = stream.makeAsyncIterator()
      _ = await servers.next()
      task.cancel()
      try await task.value
    }

    @Test func `a server that cannot start fails its group`() async {
      var router = Router()
      router.get("bad") { _ in .text("") }
      let group = ServiceGroup(services: [Server(router)], logger: Logger(label: "test"))
      await #expect(throws: ServerError.self) { try await group.run() }
    }
  }
#endif

#if HTTPTypes
  import HTTPTypes

  @Suite struct HTTPTypesTests {
    @Test func `a request's head, and an answer's, as swift-http-types has them`() throws {
      var router = Router()
      router.on(.put, "/a/{b}") { request in
        let head = request.httpRequest
        var answer = HTTPResponse(status: .created)
        answer.headerFields[.contentType] = "text/x-test"
        answer.headerFields[.contentLength] = "999"
        answer.headerFields[HTTPField.Name("X-Copy")!] = head.headerFields[HTTPField.Name("X-Copy")!]
        let text = "\(head.method.rawValue) \(head.scheme ?? "") \(head.authority ?? "") \(head.path ?? "")"
        return Response(answer, body: Array(text.utf8)) ?? .empty()
      }
      let answer = try ask(router, "PUT", "/a/b%20c?d=e", fields: "X-Copy: yes\r\n")
      #expect(answer.status == 201)
      #expect(answer.text == "PUT http test /a/b%20c?d=e")
      #expect(answer["Content-Type"] == "text/x-test")
      #expect(answer["Content-Length"] == "\(answer.body.count)")
      #expect(answer["X-Copy"] == "yes")
    }
  }
#endif

#if Metrics
  import ApusTestSupport
  import CoreMetrics

  @Suite(.timeLimit(.minutes(5))) struct MetricsBackendTests {
    /// The sum of what each counter was told, and what each gauge was told last.
    private final class Factory: MetricsFactory {
      let values = Lock<[String: Double]>([:])
      final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let note: @Sendable ((Double) -> Double) -> Void
        init(_ note: @escaping @Sendable ((Double) -> Double) -> Void) { self.note = note }
        func increment(by value: Int64) { note { $0 + Double(value) } }
        func reset() {}
        func record(_ value: Int64) { note { _ in Double(value) } }
        func record(_ value: Double) { note { _ in value } }
        func recordNanoseconds(_ value: Int64) { note { _ in Double(value) } }
      }
      private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let key = label + dimensions.map { "{\($0.0)=\($0.1)}" }.joined()
        return Handler { change in self.values.withLock { $0[key] = change($0[key] ?? 0) } }
      }
      func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
      }
      func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler
      {
        handler(label, dimensions)
      }
      func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
      }
      func destroyCounter(_ handler: any CounterHandler) {}
      func destroyRecorder(_ handler: any RecorderHandler) {}
      func destroyTimer(_ handler: any TimerHandler) {}
    }

    @Test func `a running server tells a backend what was counted since the last time`() async throws {
      var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
      configuration.cores = .count(1)
      var router = Router()
      router.get("/first") { _ in .text("the first") }
      router.get("/fails") { _ in throw HTTPError(.internalServerError) }
      router.get("/last") { _ in .text("the last") }
      let server = try Server(router, configuration: configuration).start()
      let client = try #require(LoopbackSocket(connectingTo: server.port))
      for path in ["/none", "/fails", "/first", "/last"] {
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      }
      try #require(client.receive(until: "the last").contains("the last"))
      // A report may be a moment old.
      while server.metrics.requests < 4 || server.metrics.answers(ofClass: 2) < 2 { await Task.yield() }

      let factory = Factory()
      let task = Task { await server.report(to: factory, every: .seconds(3600)) }
      while factory.values.withLock({ $0["apus.requests"] }) == nil { await Task.yield() }
      // Once more at the end, when nothing has happened since.
      task.cancel()
      await task.value
      let values = factory.values.withLock { $0 }
      #expect(values["apus.requests"] == 4)
      #expect(values["apus.responses{class=2xx}"] == 2)
      #expect(values["apus.responses{class=4xx}"] == 1)
      #expect(values["apus.responses{class=5xx}"] == 1)
      #expect(values["apus.errors"] == 1)
      #expect(values["apus.connections.accepted"] == 1)
      #expect(values["http.server.open_connections"] == 1)
      #expect(values["http.server.active_requests"] == 0)
      withExtendedLifetime(client) {}
      server.stop()
      _ = server.wait()
    }
  }
#endif

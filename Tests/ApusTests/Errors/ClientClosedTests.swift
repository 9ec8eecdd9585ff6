import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Logging
import Testing

/// A client that goes away before it has an answer is no error, and nobody is answered 500.
@Suite struct ClientClosedTests {
  private func router(_ logger: Logger, _ statuses: Lock<[UInt16]>) -> Router {
    var router = Router()
    router.add(.log(logger))
    router.after { _, response in
      let code = response.status.code
      statuses.withLock { $0.append(code) }
    }
    router.post("/collected") { request in .text("\(request.body.count)") }
    router.on(.post, "/streamed") { _, body, sender in
      var count = 0
      while let chunk = try await body.read() { count += chunk.count }
      sender.send(.text("\(count)"))
    }
    router.on(.post, "/answering") { _, body, sender in
      var writer = try sender.start()
      while let chunk = try await body.read() { try await writer.write(chunk) }
      try writer.finish()
    }
    router.get("/slow") { _ in
      try await Task.sleep(for: .seconds(1000))
      return .empty()
    }
    return router
  }

  private static let part = "Content-Length: 100000\r\n\r\n" + String(repeating: "x", count: 2000)

  @Test(arguments: [
    ("POST", "/collected"), ("POST", "/streamed"), ("GET", "/slow"), ("POST", "/none/of/these"),
  ])
  func `one that leaves in the middle is 499 in hooks and counters, and no error`(
    method: String, target: String
  ) throws {
    for ending in [SimulatedPeer.Step.close, .reset, .halfClose] {
      let (logger, events) = LogRecorder.make()
      let statuses = Lock<[UInt16]>([])
      var stage = try ErrorStage(router(logger, statuses))
      let isUnrouted = target.hasPrefix("/none")
      let head = "\(method) \(target) HTTP/1.1\r\nHost: a\r\n"
      let peer = stage.ask(
        head + (method == "POST" ? Self.part : "\r\n"), methods: [method],
        then: [.pause(nanoseconds: 1_000_000_000), ending], for: .seconds(400))
      if isUnrouted {
        // It has its answer already.
        #expect(statuses.withLock { $0 } == [404] && stage.unanswered == 0)
      } else {
        #expect(peer.answers.isEmpty, "\(target) \(ending)")
        #expect(statuses.withLock { $0 } == [499], "\(target) \(ending)")
        #expect(events.all.map { $0.metadata["status"] } == ["499"])
        #expect(stage.unanswered == 1)
      }
      #expect(stage.heard.all.isEmpty && stage.events.all.isEmpty && stage.errorCount == 0)
      stage.end()
    }
  }

  @Test func `it passes the hooks of the route that takes its method, not those of another at its path`()
    throws
  {
    let (open, closed) = (Lock<[UInt16]>([]), Lock<[UInt16]>([]))
    var router = Router()
    for (statuses, method) in [(open, Method.get), (closed, .post)] {
      router.group("") { group in
        group.after { _, response in
          let code = response.status.code
          statuses.withLock { $0.append(code) }
        }
        group.on(method, "/shared", collectBytes: 10_000) { _ in .empty() }
      }
    }
    var stage = try ErrorStage(router)
    let head = "POST /shared HTTP/1.1\r\nHost: a\r\nContent-Length: "
    _ = stage.ask(
      head + "10\r\n\r\nhalf", methods: ["POST"], then: [.pause(nanoseconds: 1_000_000_000), .reset])
    #expect(open.withLock { $0 } == [] && closed.withLock { $0 } == [499])
    let refused = stage.ask(head + "10001\r\n\r\n", methods: ["POST"])
    #expect(refused.answers.map(\.status) == [413])
    #expect(open.withLock { $0 } == [] && closed.withLock { $0 } == [499, 413])
    let other = stage.ask("PUT /shared HTTP/1.1\r\nHost: a\r\n\r\n", methods: ["PUT"])
    #expect(other.answers.map(\.status) == [405])
    #expect(open.withLock { $0 } == [405], "nobody's method: the route that was added first")
    stage.end()
  }

  @Test func `one that leaves behind the beginning of its answer has the status that it was sent`() throws {
    let (logger, events) = LogRecorder.make()
    let statuses = Lock<[UInt16]>([])
    var stage = try ErrorStage(router(logger, statuses))
    _ = stage.ask(
      "POST /answering HTTP/1.1\r\nHost: a\r\n" + Self.part, methods: ["POST"],
      then: [.pause(nanoseconds: 1_000_000_000), .reset])
    #expect(statuses.withLock { $0 } == [200])
    #expect(events.all.count == 1 && stage.unanswered == 0 && stage.heard.all.isEmpty)
    stage.end()
  }
}

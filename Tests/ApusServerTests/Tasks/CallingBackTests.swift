// Handlers of two cores that are called back from everywhere at once: actors, detached tasks, continuations
// that other threads resume, peers that leave meanwhile. ThreadSanitizer's test:
// `scripts/test --sanitize thread --filter CallingBack`.

import Apus
import ApusEngine
import ApusTestSupport
import Synchronization
import Testing

private actor Ledger {
  private var sum = 0
  private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]

  func add(_ number: Int) -> Int {
    sum += number
    return sum
  }

  /// Every second caller of a pair resumes the first, which may be another core's. Pairs are fixed: with
  /// anybody for a partner the slowest client would end up waiting for itself.
  func meet(_ pair: Int) async {
    guard let other = waiting.removeValue(forKey: pair) else {
      return await withCheckedContinuation { waiting[pair] = $0 }
    }
    other.resume()
  }
}

/// Handlers that have begun and not ended.
private final class Running: Sendable {
  let count = Atomic<Int>(0)
  let begun = Atomic<Int>(0)
}

@Suite struct CallingBackTests {
  private static func routes(_ ledger: Ledger, _ running: Running) -> Router {
    let elsewhere = Elsewhere()
    var router = testRoutes()
    router.get("/actor/{number}") { request in
      let number = try request.parameter("number", as: Int.self)
      var sum = 0
      for _ in 0..<4 { sum = await ledger.add(number) }
      return .text("\(sum >= 4 * number)")
    }
    router.get("/detached/{number}") { request in
      let number = try request.parameter("number", as: Int.self)
      let isThere = await Task.detached(executorPreference: elsewhere) {
        let sum = await ledger.add(number)
        return await Task.detached(executorPreference: elsewhere) { sum >= number }.value
      }.value
      return .text("\(isThere)")
    }
    router.get("/group") { _ in
      let sum = await withTaskGroup(of: Int.self) { group in
        for number in 0..<4 {
          group.addTask(executorPreference: elsewhere) { await ledger.add(0) * 0 + number }
        }
        return await group.reduce(0, +)
      }
      return .text("\(sum == 6)")
    }
    router.get("/meet/{pair}") { request in
      await ledger.meet(try request.parameter("pair", as: Int.self))
      return .text("true")
    }
    router.get("/abandoned") { _ in
      running.begun.add(1, ordering: .relaxed)
      running.count.add(1, ordering: .relaxed)
      defer { running.count.subtract(1, ordering: .relaxed) }
      await Task.detached(executorPreference: elsewhere) { for _ in 0..<20 { _ = await ledger.add(0) } }.value
      return .text("true")
    }
    router.on(.post, "/stream") { _, body, sender in
      var writer = try sender.start(length: body.expectedCount)
      while let chunk = try await body.read() {
        let count = await ledger.add(chunk.count)
        let echoed = await Task.detached(executorPreference: elsewhere) {
          count > 0 ? chunk : chunk.prefix(0)
        }.value
        try await writer.write(echoed)
      }
      try writer.finish()
    }
    return router
  }

  @Test func `called back from every side under load, cores answer everybody and leave no task behind`()
    throws
  {
    let running = Running()
    let router = Self.routes(Ledger(), running)
    let body = pattern(100_000)
    try withServer(router, { $0.cores = .count(2) }) { server in
      try inCrowd(8) { number in
        let client = try WireClient(port: server.port)
        for round in 1...12 {
          for path in ["/actor/\(round)", "/detached/\(round)", "/meet/\(number / 2)", "/group"] {
            #expect(try client.get(path).text == "true")
          }
          try client.send("POST /stream HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.count)\r\n\r\n")
          try client.send(body)
          expectSame(try client.answer().body, body)
          if round % 3 == number % 3 {
            let leaver = try WireClient(port: server.port)
            try leaver.send("GET /abandoned HTTP/1.1\r\nHost: test\r\n\r\n")
            leaver.reset()
          }
        }
        // With its answer, so that some of the leavers' handlers have begun for certain.
        #expect(try client.get("/abandoned").text == "true")
      }
    }
    #expect(running.begun.load(ordering: .relaxed) >= 8)
    #expect(running.count.load(ordering: .relaxed) == 0)
  }
}

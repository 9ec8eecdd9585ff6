// Servers and clients of ours against each other under load, each on two cores: a proxy and handlers that
// ask, from cores and from elsewhere. ThreadSanitizer's test:
// `scripts/test --sanitize thread --filter TwoSides`.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import Testing

@Suite struct TwoSidesTests {
  /// What handlers of both cores come back from.
  private actor Ledger {
    private(set) var sum = 0
    func add(_ number: Int) { sum += number }
  }

  private static func proxy(_ upstream: String) -> ProxyConfiguration {
    var configuration = ProxyConfiguration(upstreams: [upstream + "/"])
    configuration.stripsPrefix = true
    configuration.client = patientConfiguration()
    return configuration
  }

  private static func front(_ upstream: String, _ ledger: Ledger) -> Router {
    let client = patientClient()
    let elsewhere = Elsewhere()
    var router = Router()
    router.proxy("/api", proxy(upstream))
    router.get("/group/{number}") { request in
      let number = try request.parameter("number", as: Int.self)
      let sum = try await withThrowingTaskGroup(of: Int.self) { group in
        for part in 0..<4 {
          group.addTask { Int(try await client.get("\(upstream)/n/\(number + part)").text) ?? 0 }
        }
        return try await group.reduce(0, +)
      }
      await ledger.add(sum)
      return .text("\(sum)")
    }
    router.get("/detached/{number}") { request in
      let number = try request.parameter("number", as: Int.self)
      let text = try await Task.detached(executorPreference: elsewhere) {
        await ledger.add(number)
        return try await client.get("\(upstream)/n/\(number)").text
      }.value
      return .text(text)
    }
    return router
  }

  /// One visitor's requests, answered as they should be; and one that it takes back.
  private static func visit(_ client: Client, _ url: String, _ number: Int, _ body: [UInt8]) async throws {
    let own = try await client.get("\(url)/detached/\(number)").text
    #expect(own == "\(number)")
    let sum = try await client.get("\(url)/group/\(number)").text
    #expect(sum == "\(4 * number + 6)")
    let passed = try await client.get("\(url)/api/n/\(number)").text
    #expect(passed == "\(number)")
    let echoed = try await client.perform(.post, url + "/api/stream", body: .bytes(body)) { _, answer in
      try await answer.collect(upTo: 100_000)
    }
    expectSame(echoed, body)
    let streamed = try await client.post(
      url + "/api/stream",
      .stream { writer in
        for start in stride(from: 0, to: body.count, by: 10_000) {
          try await writer.write(Array(body[start..<min(start + 10_000, body.count)]))
        }
      })
    expectSame(streamed.bytes, body)
    let given = Task { _ = try? await client.get(url + "/api/never") }
    for _ in 0..<number % 8 { await Task.yield() }
    given.cancel()
    await given.value
  }

  @Test(.enabled(if: availableProcessors().count > 1, "there is one processor"))
  func `two servers and a client exchange under load on two cores each, and nobody owes anything`()
    async throws
  {
    let ledger = Ledger()
    let body = pattern(30_000)
    var configuration = patientConfiguration()
    configuration.rings = 2
    let client = Client(configuration)
    let visitors = 12
    let rounds = 8
    let (inner, back) = try await withServer(clientRoutes(), { $0.cores = .count(2) }) { upstream in
      try await withServer(Self.front(upstream, ledger), { $0.cores = .count(2) }) { url in
        try await withThrowingTaskGroup { group in
          for visitor in 0..<visitors {
            group.addTask {
              for round in 0..<rounds { try await Self.visit(client, url, visitor * rounds + round, body) }
            }
          }
          try await group.waitForAll()
        }
        let held = await client.auditForTesting()
        #expect(held == [])
      }
    }
    let visits = visitors * rounds
    let numbers = visits * (visits - 1) / 2
    #expect(await ledger.sum == 5 * numbers + 6 * visits)
    for summary in [inner.summary, back] { #expect(summary.counters.abandonedTasks == 0) }
    // Five for certain of each visit, and those that were taken back but had begun.
    #expect((UInt64(5 * visits)...UInt64(6 * visits)).contains(inner.summary.requests))
    #expect((UInt64(8 * visits)...UInt64(9 * visits)).contains(back.requests))
  }
}

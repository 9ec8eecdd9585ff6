import Apus
import ApusRing
import ApusTesting
import Testing

@Suite struct RateLimitTests {
  private func get(_ key: String) -> String { "GET /x HTTP/1.1\r\nHost: a\r\nX-Key: \(key)\r\n\r\n" }

  private func router(perSecond: Double, burst: Int, keys: Int = 1000) -> Router {
    var router = Router()
    router.add(
      .rateLimit(perSecond: perSecond, burst: burst, keys: keys) { request in
        request.header("X-Key").flatMap { $0.isEmpty ? nil : $0 }
      })
    router.get("/x") { _ in .text("x") }
    return router
  }

  @Test func `a burst passes, and the next request is 429 with Retry-After`() throws {
    let all = try answers(router(perSecond: 0.5, burst: 3), String(repeating: get("k"), count: 5))
    try #require(all.map(\.status) == [200, 200, 200, 429, 429])
    #expect(all[3]["Retry-After"] == "2")
  }

  @Test func `clients are counted apart, and some not at all`() throws {
    let router = router(perSecond: 1, burst: 1)
    #expect(
      try answers(router, get("a") + get("b") + get("a") + get("b")).map(\.status) == [200, 200, 429, 429])
    #expect(try answers(router, String(repeating: get(""), count: 5)).allSatisfy { $0.status == 200 })
  }

  @Test func `tokens come back with time, never more than a burst`() throws {
    var bench = try Bench(router(perSecond: 2, burst: 2))
    #expect(bench.statuses(get("k") + get("k") + get("k")) == [200, 200, 429])
    bench.pass(.milliseconds(500))
    #expect(bench.statuses(get("k") + get("k")) == [200, 429])
    bench.pass(.seconds(3600))
    #expect(bench.statuses(get("k") + get("k") + get("k")) == [200, 200, 429])
  }

  @Test func `if there are more clients than places, those with the most requests stay known`() throws {
    var bench = try Bench(router(perSecond: 1, burst: 10, keys: 64))
    // The greedy one has used up its share; thousands that ask once do not make it forgotten.
    #expect(bench.statuses(String(repeating: get("greedy"), count: 10)).allSatisfy { $0 == 200 })
    for number in 0..<5000 { #expect(bench.statuses(get("k\(number)")) == [200]) }
    #expect(bench.statuses(get("greedy")) == [429])
  }
}

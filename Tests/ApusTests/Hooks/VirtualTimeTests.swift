import Apus
import ApusTesting
import Logging
import Testing

/// The clock of a test's server is its own, and may be far ahead of the machine's, or behind it.
@Suite struct VirtualTimeTests {
  @Test func `the log counts in the server's time`() async throws {
    let (logger, events) = LogRecorder.make()
    var router = Router()
    router.add(.log(logger))
    router.get("/") { _ in .text("OK") }
    router.get("/slow") { _ in
      try await Task.sleep(for: .seconds(2))
      return .text("OK")
    }
    try await TestServer(router) { client in
      // A century.
      try client.pass(.seconds(3_155_760_000))
      for target in ["/", "/slow"] {
        let answer = try await client.get(target)
        #expect(answer.text == "OK")
      }
    }
    let times = events.all.compactMap { Int("\($0.metadata["microseconds"] ?? "")") }
    try #require(times.count == 2)
    #expect(times[0] < 1000)
    #expect((2_000_000..<2_100_000).contains(times[1]))
  }

  @Test func `a sleep of centuries does not end at once`() async throws {
    var configuration = Server.Configuration()
    configuration.timeouts.answer = .seconds(5)
    var router = Router()
    // In nanoseconds, a third of a second more than 64 bits hold.
    router.get("/") { _ in
      try await Task.sleep(for: .seconds(18_446_744_074))
      return .text("slept")
    }
    try await TestServer(router, configuration: configuration) { client in
      let answer = try await client.get("/")
      #expect(answer.status == .serviceUnavailable)
    }
  }
}

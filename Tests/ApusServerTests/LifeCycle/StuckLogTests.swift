import Apus
import Glibc
import Testing

/// An access log that goes to a pipe which nobody reads.
@Suite struct StuckLogTests {
  @Test(.timeLimit(.minutes(10)))
  func `a log that is not taken holds no request up, and its server ends when the time to drain is over`()
    throws
  {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let flags = fcntl(ends[1], F_GETFL)
    _ = fcntl(ends[1], F_SETFL, flags | O_NONBLOCK)
    while write(ends[1], "x", 1) == 1 {}
    _ = fcntl(ends[1], F_SETFL, flags)
    let log = ends[1]
    let (_, summary) = try withServer(ending: .byTest) {
      $0.accessLog = AccessLogConfiguration(format: .common, descriptor: log)
      $0.timeouts.drain = .milliseconds(200)
    } _: { server in
      let client = try WireClient(port: server.port)
      for _ in 0..<3 { #expect(try client.get("/").status == 200) }
      server.drain()
    }
    #expect(summary.requests == 3)
    #expect(summary.lostLogLines == 3)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a log whose reader has gone ends nothing, and its lines are counted as lost`() throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let log = ends[1]
    try withServer {
      $0.accessLog = AccessLogConfiguration(format: .common, descriptor: log)
    } _: { server in
      let client = try WireClient(port: server.port)
      for _ in 0..<3 { #expect(try client.get("/").status == 200) }
      let metrics = server.metrics { $0.lostLogLines == 3 }
      #expect(metrics.lostLogLines == 3)
      #expect(try client.get("/").status == 200)
    }
  }
}

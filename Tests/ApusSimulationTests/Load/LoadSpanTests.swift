import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

/// What a load generator counts, and when: in the measured span, and behind it.
@Suite struct LoadSpanTests {
  private static let second = LoadTests.second

  private func sum(_ tally: LoadTally) -> UInt64 { (1...5).reduce(0) { $0 + tally.statuses[$1] } }

  @Test func `answers in the span and behind it are apart, and each adds up`() {
    // It answers in the last ten of each 100 ms, and the end is in the middle of a stall.
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 1, pace: .even(500), duration: 150_000_000),
      servers: [LoadSimulation.server([LoadTests.keep], stall: (every: Self.second / 10, for: 90_000_000))])
    let ended = simulation.run()
    let (span, afterwards) = simulation.core.table.tallies
    #expect(ended && span.requests > 0 && afterwards.requests > 0)
    #expect(span.requests + afterwards.requests == 75 && afterwards.unasked == 0)
    #expect(sum(span) == span.requests && sum(afterwards) == afterwards.requests)
    #expect(span.late == 0 && afterwards.late == afterwards.requests)
    #expect(span.askedAgain == 0 && afterwards.askedAgain == 0)
    #expect(UInt64(span.timeline.reduce(0, +)) == span.requests)
    #expect(simulation.core.table.measuredNanoseconds == 150_000_000)
  }

  @Test func `requests that are sent at the very start are in the figures`() {
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 1, pace: .even(1), duration: Self.second / 2),
      servers: [LoadSimulation.server([LoadTests.keep])])
    let ended = simulation.run()
    let span = simulation.core.table.tallies.span
    #expect(ended && span.requests == 1 && span.bytesSent == UInt64(LoadSimulation.request.count))
  }

  @Test func `an answer whose end has not come by the end counts nowhere`() {
    let head = "HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n"
    let server = SimulatedPeer(
      "server",
      steps: [.awaitBytes(LoadSimulation.request.count), .send(Array(head.utf8)), .awaitBytes(.max)])
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 1, duration: Self.second), servers: [server])
    let ended = simulation.run()
    let span = simulation.core.table.tallies.span
    #expect(ended && span.requests == 0 && sum(span) == 0 && span.errorCount == 0)
  }

  @Test(arguments: [1, 3])
  func `a rate beyond reach ends in time, fills no memory, and accounts for every request`(connections: Int) {
    let rate = 100_000_000.0
    var plan = LoadSimulation.plan(connections: connections, pace: .even(rate), duration: Self.second / 20)
    plan.timeout = Self.second
    let servers = (0..<connections).map { _ in LoadSimulation.server([LoadTests.keep]) }
    var simulation = LoadSimulation(plan, servers: servers) { $0.turnNanoseconds = 50_000...50_000 }
    let start = simulation.kernel.now.nanoseconds
    let ended = simulation.run()
    let (span, afterwards) = simulation.core.table.tallies
    #expect(ended && span.errorCount == 0 && afterwards.errorCount == 0)
    // As many as without a rate: each connection is answered once in a turn or two.
    #expect(span.requests >= UInt64(connections) * 300)
    let all = span.requests + afterwards.requests + afterwards.unasked
    #expect((4_999_999...5_000_001).contains(all), "\(all) of 5 million")
    #expect(simulation.kernel.now.nanoseconds - start < Self.second)
    #expect(simulation.kernel.violations == [])
  }

  @Test(arguments: [SimulatedPeer.Step.close, .reset], [1, 2])
  func
    `a kept connection that ends before a byte of the next answer is no error, and what it lost is counted`(
      ending: SimulatedPeer.Step, pipeline: Int
    )
  {
    let bytes = LoadSimulation.request.count
    let servers = (0..<40).map { _ in
      SimulatedPeer(
        "server",
        steps: [
          .awaitBytes(bytes), .send(Array(LoadTests.keep.utf8)), .awaitBytes((pipeline + 1) * bytes), ending,
        ])
    }
    var plan = LoadSimulation.plan(connections: 2, pipeline: pipeline, duration: 60 * Self.second)
    plan.requestLimit = 20
    var simulation = LoadSimulation(plan, servers: servers)
    let ended = simulation.run()
    #expect(ended && simulation.tally.requests >= 20)
    #expect(simulation.tally.errorCount == 0, "\(simulation.tally)")
    // Each connection has lost as many as it is given at a time, the last two perhaps not yet.
    let (each, opened) = (UInt64(pipeline), simulation.tally.connectionsOpened)
    #expect(
      ((opened - 2) * each...opened * each).contains(simulation.tally.askedAgain), "\(simulation.tally)")
  }

  @Test
  func `a new connection that ends without a byte is an error, and so is one in the middle of an answer`() {
    let bytes = LoadSimulation.request.count
    for part in ["", String(LoadTests.keep.prefix(20))] {
      let servers = (0..<3).map { _ in
        SimulatedPeer("server", steps: [.awaitBytes(bytes), .send(Array(part.utf8)), .close])
      }
      var plan = LoadSimulation.plan(connections: 1, duration: 60 * Self.second)
      plan.requestLimit = 3
      var simulation = LoadSimulation(plan, servers: servers)
      let ended = simulation.run()
      #expect(ended && simulation.tally[.truncated] == 3 && simulation.tally.requests == 0)
    }
  }
}

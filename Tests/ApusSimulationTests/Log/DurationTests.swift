// How long a request took: from the turn that saw the last byte of its head until the last byte of its answer
// was with the kernel, in the histogram and in the log alike.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct DurationTests {
  /// Expects one request, of so many seconds.
  private func expect(
    _ seconds: ClosedRange<Double>, _ scenario: inout Scenario,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let latency = scenario.simulation.reactor.table.counters.latency
    #expect(latency.count == 1, sourceLocation: sourceLocation)
    #expect(seconds.contains(Double(latency.sum) / 1e9), "\(latency.sum) ns", sourceLocation: sourceLocation)
    let lines = scenario.kernel.logLines
    #expect(lines.count == 1, sourceLocation: sourceLocation)
    #expect(lines.allSatisfy { seconds.contains($0.seconds) }, "\(lines)", sourceLocation: sourceLocation)
    scenario.end(sourceLocation: sourceLocation)
  }

  @Test func `a handler that suspends for 1.2 s takes 1.2 s`() {
    let handler = asynchronous { _ in
      await Core.current?.executor.sleep(for: .milliseconds(1200))
      return Response(status: 200)
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.simulation.run(for: .seconds(3))
    expect(1.2...1.21, &scenario)
  }

  @Test func `a stream counts from its request to its last piece`() {
    let handler = streaming { _, exchange in
      await Core.current?.executor.sleep(for: .milliseconds(300))
      try exchange.start(Response(status: 200), length: nil)
      for _ in 0..<3 {
        try exchange.write(copying: [65, 66, 67].span)
        await Core.current?.executor.sleep(for: .milliseconds(300))
      }
      try exchange.finish(trailers: [])
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.simulation.run(for: .seconds(3))
    expect(1.2...1.21, &scenario)
  }

  @Test(arguments: ["n", "a"])
  func `a body that comes late is part of it, a head that comes late is not`(route: String) {
    var scenario = Scenario(accessLog: .simulated)
    let request = post("1", bytes: 4, path: route)
    let (start, rest) = (String(request.prefix(20)), String(request.dropFirst(20)))
    let peer = SimulatedPeer(steps: [
      .send(start), .pause(.seconds(1)), .send(rest), .pause(.milliseconds(700)), .send("body"),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(4))
    #expect(peer.answers.map(\.status) == [200])
    expect(0.7...0.8, &scenario)
  }

  @Test func `a request that waited behind another counts from when it came`() {
    let handler = asynchronous { request in
      if text(request.path).hasSuffix("1") { await Core.current?.executor.sleep(for: .seconds(2)) }
      return Response(status: 200)
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    // The third's head ends 300 ms before the first is answered.
    let peer = SimulatedPeer(steps: [
      .send(get("1")), .pause(.milliseconds(500)), .send(get("2") + "GET /n/3 HT"),
      .pause(.milliseconds(1200)), .send("TP/1.1\r\nHost: a\r\n\r\n"),
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    let seconds = scenario.kernel.logLines.map(\.seconds)
    #expect(seconds.count == 3)
    for (seconds, expected) in zip(seconds, [2.0, 1.5, 0.3]) { #expect(abs(seconds - expected) < 0.02) }
    let sum = Double(scenario.simulation.reactor.table.counters.latency.sum) / 1e9
    #expect(abs(sum - 3.8) < 0.06, "\(sum)")
    #expect(scenario.simulation.reactor.table.counters.latency.count == 3)
    scenario.end()
  }

  /// One request whose client goes away after 2 s, and what the histogram has of it.
  private func latencyOfCut(
    _ target: String, _ handler: Handler?, log: AccessLogConfiguration?, reads: Bool = true
  ) -> LatencyHistogram {
    var scenario = handler.map { Scenario(handler: $0, accessLog: log) } ?? Scenario(accessLog: log)
    let peer = SimulatedPeer(steps: [
      .send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"), .pause(.seconds(2)), .reset,
    ])
    if !reads {
      peer.reading = .never
      peer.windowBytes = 4000
    }
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    defer { scenario.end() }
    return scenario.simulation.reactor.table.counters.latency
  }

  @Test(arguments: [true, false])
  func `a request whose client does not wait counts with the time that it had, with a log and without`(
    isLogged: Bool
  ) {
    let sleeping = asynchronous { _ in
      await Core.current?.executor.sleep(for: .seconds(4))
      return Response(status: 200)
    }
    let writing = streaming { _, exchange in
      try exchange.start(Response(status: 200), length: nil)
      for _ in 0..<100 {
        try exchange.write(copying: [65, 66, 67].span)
        await Core.current?.executor.sleep(for: .milliseconds(300))
      }
    }
    let log = isLogged ? AccessLogConfiguration.simulated : nil
    for latency in [
      latencyOfCut("/n/1", sleeping, log: log), latencyOfCut("/n/1", writing, log: log),
      latencyOfCut("/n/1?100000", nil, log: log, reads: false),
      latencyOfCut("/f/1?100000", nil, log: log, reads: false),
    ] {
      #expect(latency.count == 1)
      #expect((1_990_000_000...2_100_000_000).contains(latency.sum), "\(latency.sum) ns")
    }
  }

  @Test func `an answer that left is not held up by one behind it`() {
    // Without a log, whose lines tell answers apart anyway.
    var scenario = Scenario()
    let peer = SimulatedPeer(steps: [.send(get("1", size: 10) + get("2", size: 2_000_000))])
    peer.reading = .slow(bytes: 20_000, every: 100_000_000)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(30))
    let latency = scenario.simulation.reactor.table.counters.latency
    #expect(latency.count == 2)
    #expect(latency.maximum > 8_000_000_000)
    #expect((latency.quantile(0.5) ?? .max) < 4_000_000_000, "the first left with the first send")
    scenario.end()
  }

  @Test func `arrival times are kept for so many pieces, and later ones count as earlier`() {
    var times = ArrivalTimes()
    for index in 0..<2 * ArrivalTimes.limit {
      times.note(10, at: Instant(nanoseconds: UInt64(index)))
    }
    let total = 20 * ArrivalTimes.limit
    #expect(times.time(before: total - 10)?.nanoseconds == 0)
    #expect(times.time(before: total - 11)?.nanoseconds == 1)
    #expect(times.time(before: total - 25)?.nanoseconds == 2)
    #expect(times.time(before: 0)?.nanoseconds == UInt64(ArrivalTimes.limit - 1))
    times.clear()
    #expect(times.time(before: 0) == nil)
  }
}

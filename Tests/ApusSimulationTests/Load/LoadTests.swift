import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

/// The load generator against simulated servers.
@Suite struct LoadTests {
  static let second: UInt64 = 1_000_000_000
  static let keep = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
  static let close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

  private func noErrors(_ tally: LoadTally) -> Bool { tally.errorCount == 0 }

  @Test func `an open loop tells the truth about a server that stalls`() {
    // It answers nothing for 100 ms of each second: of 2,000 requests a second one in a hundred waits longer
    // than 90 ms, one in a thousand longer than 99 ms.
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 64, pace: .even(2000), duration: 10 * Self.second),
      servers: (0..<64).map { _ in
        LoadSimulation.server([Self.keep], stall: (every: Self.second, for: 100_000_000))
      })
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally.requests == 20_000)
    #expect(noErrors(simulation.tally))
    #expect(simulation.latencies.count == 20_000)
    #expect((88_200_000...91_800_000).contains(simulation.percentile(0.99)))
    #expect((97_000_000...101_000_000).contains(simulation.percentile(0.999)))
    #expect(simulation.percentile(0.5) < 1_000_000)
    #expect(simulation.kernel.violations == [])
  }

  @Test(arguments: [(answer: keep, pipeline: 1), (answer: keep, pipeline: 4), (answer: close, pipeline: 1)])
  func `requests that wait for a slow server at the end are sent and answered after it`(
    answer: String, pipeline: Int
  ) {
    // It answers in the last ten of each 100 ms, and the end is in the middle of a stall.
    let isClosed = answer == Self.close
    let servers = (0..<(isClosed ? 75 : 1)).map { _ in
      LoadSimulation.server(
        [answer], limit: isClosed ? 1 : nil, stall: (every: Self.second / 10, for: 90_000_000))
    }
    var simulation = LoadSimulation(
      LoadSimulation.plan(
        connections: 1, pipeline: pipeline, pace: .even(500), duration: 150_000_000),
      servers: servers)
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally.requests == 75 && simulation.tally.late > 0)
    #expect(noErrors(simulation.tally))
    #expect(simulation.latencies.count == 75)
    #expect(simulation.kernel.violations == [])
  }

  @Test func `a server that is seldom asked has a connection of its own`() {
    let bytes = LoadSimulation.request
    var plan = LoadPlan(
      origins: [SocketAddress(unixPath: "/often")!, SocketAddress(unixPath: "/seldom")!],
      requests: [
        LoadRequest(method: .get, bytes: bytes, origin: 0, weight: 50),
        LoadRequest(method: .get, bytes: bytes, origin: 1, weight: 1),
      ], connections: 4, pace: .even(1000), duration: 2 * Self.second)
    plan.timeout = Self.second
    let servers = (0..<4).map { _ in LoadSimulation.server([Self.keep]) }
    var simulation = LoadSimulation(plan, servers: servers)
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally.requests == 2000)
    #expect(noErrors(simulation.tally))
  }

  @Test func `a closed loop hides the same stall, which is why there is an open one`() {
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 1, duration: 5 * Self.second),
      servers: [LoadSimulation.server([Self.keep], stall: (every: Self.second, for: 100_000_000))]
    ) { $0.turnNanoseconds = 50_000...50_000 }
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.percentile(0.99) < 1_000_000)
  }

  @Test func `a server's last word opens the next connection, and nothing is lost`() {
    let servers = (0..<100).map { _ in LoadSimulation.server([Self.keep, Self.keep, Self.close], limit: 3) }
    var plan = LoadSimulation.plan(connections: 4, duration: 60 * Self.second)
    plan.requestLimit = 240
    var simulation = LoadSimulation(plan, servers: servers) { $0.turnNanoseconds = 1000...1000 }
    let ended = simulation.run()
    #expect(ended)
    #expect(noErrors(simulation.tally))
    #expect(simulation.tally.requests >= 240)
    #expect(simulation.tally.reuses * 3 >= 2 * simulation.tally.requests - 12)
    #expect(servers.reduce(0) { $0 + $1.servedCount } >= 240)
    #expect(simulation.kernel.violations == [])
  }

  @Test(arguments: [1, 2, 16])
  func `as many requests as the pipeline holds are under way, and no more`(pipeline: Int) {
    let silent = SimulatedPeer("silent", steps: [.awaitBytes(.max)])
    var plan = LoadSimulation.plan(connections: 1, pipeline: pipeline, duration: Self.second)
    plan.timeout = Self.second
    var simulation = LoadSimulation(plan, servers: [silent])
    let ended = simulation.run()
    #expect(ended)
    #expect(silent.receivedBytes == pipeline * LoadSimulation.request.count)
  }

  @Test(arguments: [1, 2, 16])
  func `all requests in a pipeline are answered, each with its own answer`(pipeline: Int) {
    var plan = LoadSimulation.plan(connections: 2, pipeline: pipeline, duration: 60 * Self.second)
    plan.requestLimit = 2000
    // Two bytes, then none.
    let servers = (0..<2).map { _ in LoadSimulation.server([Self.keep, "HTTP/1.1 204 No\r\n\r\n"]) }
    var simulation = LoadSimulation(plan, servers: servers) { $0.turnNanoseconds = 1000...1000 }
    let ended = simulation.run()
    #expect(ended)
    #expect(noErrors(simulation.tally))
    #expect(simulation.tally.connectionsOpened == 2)
    // On each connection as many bytes as answers, or one more.
    let requests = simulation.tally.requests
    #expect((requests...requests + 2).contains(simulation.tally.contentBytes))
    #expect(UInt64(servers.reduce(0) { $0 + $1.servedCount }) >= simulation.tally.requests)
    #expect(simulation.kernel.violations == [])
  }

  @Test(arguments: [3, 5, 7, 1024])
  func `each answer has its latency, however many one receive brings`(pipeline: Int) {
    var plan = LoadSimulation.plan(connections: 2, pipeline: pipeline, duration: 60 * Self.second)
    plan.requestLimit = 5000
    let servers = (0..<2).map { _ in LoadSimulation.server([Self.keep]) }
    var simulation = LoadSimulation(plan, servers: servers) { $0.turnNanoseconds = 1000...1000 }
    let ended = simulation.run()
    #expect(ended)
    #expect(noErrors(simulation.tally) && simulation.tally.requests >= 5000)
    #expect(simulation.latencies.count == Int(simulation.tally.requests))
  }

  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokSTRAY", LoadError.malformed),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", .malformed),
      ("SSH-2.0-OpenSSH\r\n", .malformed), ("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", .truncated),
      ("HTTP/1.1 200 OK\r\n", .truncated), ("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", .status),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", .truncated),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", .malformed),
      ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello", .malformed),
    ])
  func `an answer that is none counts as an error of its kind`(answer: String, error: LoadError) {
    var plan = LoadSimulation.plan(connections: 1, duration: Self.second)
    plan.requestLimit = 1
    var simulation = LoadSimulation(plan, servers: [LoadSimulation.server([answer], limit: 1)])
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally[error] == 1)
    #expect(simulation.tally.firstFailure?.error == error)
  }

  @Test func `a body that ends with the connection is an answer`() {
    var plan = LoadSimulation.plan(connections: 1, duration: Self.second)
    plan.requestLimit = 1
    var simulation = LoadSimulation(
      plan, servers: [LoadSimulation.server(["HTTP/1.1 200 OK\r\n\r\nall that there is"], limit: 1)])
    let ended = simulation.run()
    #expect(ended)
    #expect(noErrors(simulation.tally))
    #expect(simulation.tally.requests == 1 && simulation.tally.contentBytes == 17)
  }

  @Test func `interim answers are counted for each answer anew, and an error says what they were`() {
    let few = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 64)
    let large = "HTTP/1.1 103 X\r\nX: \(String(repeating: "x", count: 2000))\r\n\r\n"
    for (answer, requests) in [
      (few + Self.keep, UInt64(5)), (few + few, 0), (String(repeating: large, count: 33) + Self.keep, 0),
    ] {
      var plan = LoadSimulation.plan(connections: 1, duration: Self.second)
      plan.requestLimit = 5
      plan.timeout = Self.second / 2
      var simulation = LoadSimulation(
        plan, servers: (0..<8).map { _ in LoadSimulation.server([answer]) })
      let ended = simulation.run()
      #expect(ended)
      #expect(simulation.tally.requests == requests)
      #expect(
        simulation.tally.firstFailure?.wireError == (requests == 5 ? nil : .tooManyInterimResponses))
    }
  }

  @Test func `interim answers are followed by the answer`() {
    var plan = LoadSimulation.plan(connections: 1, duration: Self.second)
    plan.requestLimit = 5
    var simulation = LoadSimulation(
      plan, servers: [LoadSimulation.server(["HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + Self.keep])])
    let ended = simulation.run()
    #expect(ended)
    #expect(noErrors(simulation.tally) && simulation.tally.requests == 5)
  }

  @Test func `nobody there: connects are counted, with a pause between them`() {
    var simulation = LoadSimulation(
      LoadSimulation.plan(connections: 1, duration: Self.second), servers: [])
    let ended = simulation.run()
    #expect(ended)
    #expect((8...11).contains(simulation.tally[.connect]))
    #expect(simulation.tally.firstFailure?.errno == Errno.connectionRefused)
    #expect(simulation.tally.requests == 0)
  }

  @Test func `a reset that comes along with a part of an answer is heard long before the time-out`() {
    let part = Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".utf8)
    for count in 1...part.count {
      let servers = (0..<4).map { _ in
        SimulatedPeer(
          "server",
          steps: [.awaitBytes(LoadSimulation.request.count), .send(Array(part.prefix(count))), .reset])
      }
      var plan = LoadSimulation.plan(connections: 1, duration: 100 * Self.second)
      plan.timeout = 100 * Self.second
      plan.requestLimit = 4
      var simulation = LoadSimulation(
        plan, servers: servers, seed: UInt64(count), faults: .only(.deafReceive, 1))
      let start = simulation.kernel.now
      let ended = simulation.run()
      #expect(ended && simulation.tally[.reset] == 4, "after \(count) bytes")
      #expect(simulation.kernel.now.nanoseconds - start.nanoseconds < 2 * Self.second)
      #expect(simulation.kernel.violations == [])
    }
  }

  @Test func `a reset that comes along with the first of two pipelined answers is heard, too`() {
    let whole = Array(Self.keep.utf8)
    let servers = (0..<4).map { _ in
      SimulatedPeer("server", steps: [.awaitBytes(LoadSimulation.request.count), .send(whole), .reset])
    }
    var plan = LoadSimulation.plan(connections: 1, pipeline: 2, duration: 100 * Self.second)
    plan.timeout = 100 * Self.second
    plan.requestLimit = 6
    var simulation = LoadSimulation(plan, servers: servers, faults: .only(.deafReceive, 1))
    let start = simulation.kernel.now
    let ended = simulation.run()
    #expect(ended && simulation.tally[.timeout] == 0)
    #expect(simulation.kernel.now.nanoseconds - start.nanoseconds < 2 * Self.second)
  }

  @Test func `a server that never answers is given up after the time-out`() {
    let silent = SimulatedPeer("silent", steps: [.awaitBytes(1_000_000)])
    var plan = LoadSimulation.plan(connections: 1, duration: 3 * Self.second)
    plan.timeout = Self.second
    var simulation = LoadSimulation(plan, servers: [silent])
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally[.timeout] == 1)
    #expect(simulation.kernel.violations == [])
  }

  @Test func `an open loop waits for its last answers, and counts those that never come`() {
    var plan = LoadSimulation.plan(connections: 4, pace: .even(100), duration: Self.second)
    plan.timeout = Self.second
    let servers = (0..<4).map { _ in SimulatedPeer("silent", steps: [.awaitBytes(1_000_000)]) }
    var simulation = LoadSimulation(plan, servers: servers)
    let ended = simulation.run()
    #expect(ended)
    #expect(simulation.tally.requests == 0)
    #expect(
      simulation.tally[.timeout] + simulation.tally[.connect] >= 100, "each of the hundred is accounted for")
  }

  @Test func `the effect of each fault is counted, and nothing is counted twice`() {
    for seed in Seed.list(standard: 60) {
      let answers = [
        Self.keep, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", Self.close,
      ]
      let servers = (0..<400).map { _ in LoadSimulation.server(answers, limit: 3) }
      var plan = LoadSimulation.plan(
        connections: 5, pipeline: seed % 2 == 0 ? 1 : 3, duration: 2 * Self.second)
      plan.requestLimit = 500
      plan.timeout = 200_000_000
      var simulation = LoadSimulation(plan, servers: servers, seed: seed, faults: .all) {
        $0.turnNanoseconds = 1000...20_000
        $0.connectNanoseconds = 0...300_000
        $0.connectRefusal = 0.05
      }
      let ended = simulation.run(turns: 200_000)
      let line = Comment(rawValue: Seed.commandLine(seed, filter: "LoadTests"))
      #expect(ended, line)
      let tally = simulation.tally
      #expect(UInt64(simulation.latencies.count) == tally.requests, line)
      #expect(tally.requests <= UInt64(servers.reduce(0) { $0 + $1.servedCount }), line)
      #expect(tally[.malformed] == 0 && tally[.status] == 0, line)
      #expect(simulation.kernel.violations == [], line)
    }
  }
}

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Many requests through a proxy under every fault on both sides: each client gets its own answers in their
/// order or an honest failure, none that may not is asked twice, and in the end nothing is held.
@Suite struct ProxyTrafficTests {
  /// Requests of all methods are equally long, as the simulated service wants them.
  private static func request(_ number: Int, _ host: String) -> String {
    let isPost = number % 3 == 0
    let more = isPost ? "Content-Length: 0\r\n" : "X-Pad: 12345678901\r\n"
    return "\(isPost ? "POST" : "GET") /\(10_000 + number) HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n"
  }

  private static let bytes = request(0, "10.0.0.1").utf8.count

  private static func body(_ number: Int) -> String {
    String(
      repeating: "\(10_000 + number);",
      count: 1 + abs(number) % 7 * (number % 11 == 0 || number == 20 ? 4000 : 3))
  }

  /// A request's own number, framed in one of several ways.
  @Sendable private static func answer(_ request: ArraySlice<UInt8>) -> [UInt8] {
    let words = request.split(separator: 32, maxSplits: 2)
    let number = (Int(String(decoding: words[1].dropFirst(), as: UTF8.self)) ?? 0) - 10_000
    let body = body(number)
    let sized = "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let text =
      switch number % 5 {
      case 0:
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      case 1: "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n" + sized
      case 2: "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\n" + sized
      default: "HTTP/1.1 200 OK\r\n" + sized
      }
    return Array(text.utf8)
  }

  private struct Verdict {
    var answered = 0
    var findings: [String] = []
  }

  private func run(seed: UInt64, sabotage: SimulatedKernel.Sabotage? = nil) throws -> Verdict {
    var random = SeededGenerator(seed: seed)
    let servers = (0..<200).map { _ in
      let limit = random.chance(0.5) ? random.within(1...6) : nil
      return SimulatedPeer(
        "server",
        steps: [.serve(SimulatedService(requestBytes: Self.bytes, requestLimit: limit, respond: Self.answer))]
      )
    }
    var scenario = try Self.scenario(servers, seed: seed, &random, sabotage)
    let clients = (0..<8).map { client in
      let peer = Self.client(client, &random)
      scenario.kernel.add(peer, after: UInt64(random.within(0...5_000_000)))
      return peer
    }
    scenario.run(for: .seconds(30))
    var verdict = Verdict()
    let times = Self.count(servers, &verdict)
    for (client, peer) in clients.enumerated() { Self.judge(peer, client, times, &verdict) }
    for (number, count) in times where count > (number % 3 == 0 ? 1 : 2) {
      verdict.findings.append("\(number) was asked \(count) times")
    }
    scenario.simulation.stop()
    guard scenario.simulation.finish() else {
      verdict.findings.append("the core does not end")
      return verdict
    }
    verdict.findings += scenario.simulation.audit()
    return verdict
  }

  private static func scenario(
    _ servers: [SimulatedPeer], seed: UInt64, _ random: inout SeededGenerator,
    _ sabotage: SimulatedKernel.Sabotage?
  ) throws -> ProxyScenario {
    let hosts = random.within(1...2)
    return try ProxyScenario(
      servers, seed: seed, faults: .all,
      {
        $0.upstreams = (1...hosts).map { "http://10.0.0.1:\(80 + $0)/" }
        $0.host = .preserved
        $0.failureLimit = random.within(1...3)
        $0.client.connectionsPerHost = random.within(1...6)
        $0.client.waiters = random.chance(0.1) ? 2 : 1000
        $0.client.usesPerConnection = random.chance(0.2) ? 3 : nil
        $0.client.timeouts.head = .milliseconds(random.within(20...2000))
      }, wrapped: random.chance(0.3),
      world: {
        $0.turnNanoseconds = 1000...20_000
        $0.connectNanoseconds = 0...random.within(1...3_000_000)
        $0.connectRefusal = 0.02
        $0.sabotage = sabotage
      })
  }

  /// One that asks five times, and mostly waits for each answer.
  private static func client(_ client: Int, _ random: inout SeededGenerator) -> SimulatedPeer {
    let numbers = (0..<5).map { client * 5 + $0 }
    var steps: [SimulatedPeer.Step] = []
    for (place, number) in numbers.enumerated() {
      steps.append(.send(Array(Self.request(number, "10.0.0.1").utf8)))
      if random.chance(0.8) { steps.append(.awaitAnswers(place + 1)) }
      steps.append(.pause(nanoseconds: UInt64(random.within(0...200_000_000))))
    }
    return SimulatedPeer(
      "client", methods: numbers.map { $0 % 3 == 0 ? "POST" : "GET" }, steps: steps + [.close])
  }

  /// How often each number was asked for.
  private static func count(_ servers: [SimulatedPeer], _ verdict: inout Verdict) -> [Int: Int] {
    var times: [Int: Int] = [:]
    for server in servers {
      for start in stride(from: 0, to: server.received.count, by: Self.bytes) {
        let request = server.received[start..<min(start + Self.bytes, server.received.count)]
        let words = request.split(separator: 32)
        guard words.count > 2, let number = Int(String(decoding: words[1].dropFirst(), as: UTF8.self)) else {
          continue
        }
        times[number - 10_000, default: 0] += 1
        let whole = Self.request(number - 10_000, "10.0.0.1")
        if !whole.utf8.starts(with: request) { verdict.findings.append("\(number) came otherwise") }
      }
    }
    return times
  }

  private static func judge(
    _ peer: SimulatedPeer, _ client: Int, _ times: [Int: Int], _ verdict: inout Verdict
  ) {
    if let malformed = peer.malformed { verdict.findings.append("client \(client): \(malformed)") }
    for (place, answer) in peer.answers.enumerated() {
      let number = client * 5 + place
      switch answer.status {
      case 200:
        verdict.answered += 1
        if answer.text != Self.body(number) {
          verdict.findings.append("\(number) was answered with \(answer.text.prefix(40))")
        }
        if times[number, default: 0] == 0 { verdict.findings.append("\(number) was answered by nobody") }
      case 502, 503, 504: break
      default: verdict.findings.append("\(number) was answered with \(answer.status)")
      }
    }
    if peer.answers.count < 5, !peer.isDisconnected, !peer.wasResetByFault, !peer.hasClosed {
      verdict.findings.append("client \(client) waits for its answer \(peer.answers.count)")
    }
  }

  @Test func `under every fault each request has its own answer or an honest failure, and nothing is left`()
    throws
  {
    var answered = 0
    let seeds = Seed.list(standard: 80)
    for seed in seeds {
      let verdict = try run(seed: seed)
      answered += verdict.answered
      #expect(verdict.findings == [], Comment(rawValue: Seed.commandLine(seed, filter: "ProxyTrafficTests")))
    }
    #expect(answered > 12 * seeds.count || seeds.count < 10, "\(answered) answers")
  }

  @Test func `if more is ready than one turn takes, no connection is passed over`() throws {
    let servers = (0..<12).map { _ in
      SimulatedPeer(
        "server",
        steps: [.serve(SimulatedService(requestBytes: Self.bytes, requestLimit: nil, respond: Self.answer))])
    }
    var limits = Limits()
    limits.jobsPerTurn = 2
    var scenario = try ProxyScenario(
      servers, limits: limits, { $0.host = .preserved }, world: { $0.turnNanoseconds = 100_000...100_000 })
    let clients = (0..<12).map { _ in
      SimulatedPeer(
        "client", methods: Array(repeating: "GET", count: 40),
        steps: repeated(40) { [.send(Self.request(2, "10.0.0.1")), .awaitAnswers($0 + 1)] })
    }
    for client in clients { scenario.kernel.add(client) }
    scenario.run(for: .seconds(10))
    #expect(clients.allSatisfy { $0.answers.count == 40 })
    let firsts = clients.compactMap { $0.answers.first?.time }
    let lasts = clients.compactMap { $0.answers.last?.time }
    #expect(try #require(firsts.max()) < #require(lasts.min()))
    scenario.end()
  }

  @Test func `the oracle notices a send that is doubled`() throws {
    let verdicts = try (1...5).flatMap { seed in
      try (0..<10).map { try run(seed: seed, sabotage: .doublesSend($0)) }
    }
    #expect(verdicts.count { !$0.findings.isEmpty } > verdicts.count / 2)
  }

  @Test func `the oracle notices a close that does not happen`() throws {
    for seed: UInt64 in 1...10 {
      let verdict = try run(seed: seed, sabotage: .forgetsClose(0))
      #expect(verdict.findings != [])
    }
  }
}

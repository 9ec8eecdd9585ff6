import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Synchronization
import Testing

/// Many requests under every fault: each gets its own answer or an error, none that may not is made twice,
/// and in the end nothing is held.
@Suite struct ClientTrafficTests {
  private static func target(_ number: Int) -> String { "/\(10_000 + number)" }

  /// Of every request: POST has a length that GET has not, which a longer field makes up for.
  private static let bytes = Servers.request(target(0), "GET", "X: 123456789012345678901\r\n").utf8.count

  /// Answers a request with its own number, framed in one of several ways.
  @Sendable private static func answer(_ request: ArraySlice<UInt8>) -> [UInt8] {
    let words = request.split(separator: 32, maxSplits: 2)
    let number = Int(String(decoding: words[1].dropFirst(), as: UTF8.self)) ?? 0
    let body = String(repeating: "\(number);", count: 1 + number % 7 * (number % 11 == 0 ? 900 : 3))
    let text =
      switch number % 5 {
      case 0:
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
      case 1: "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + Servers.ok(body)
      case 2: Servers.ok(body, "Keep-Alive: timeout=2\r\n")
      default: Servers.ok(body)
      }
    return Array(text.utf8)
  }

  /// A server that answers some requests well, and then dies in the middle, lies about a length, sends no
  /// HTTP, sends without end, sends a byte at a time, or says nothing.
  private static func hostile(_ random: inout SeededGenerator) -> SimulatedPeer {
    let misdeed = random.within(0...7)
    let limit = random.within(1...3)
    let cut = random.within(0...99)
    switch misdeed {
    case 0: return Servers.silent()
    case 1:
      let pause = random.within(1...400) * 1_000_000
      let steps = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nlate".utf8.flatMap {
        [SimulatedPeer.Step.send([$0]), .pause(nanoseconds: UInt64(pause))]
      }
      return SimulatedPeer("loris", steps: [.awaitBytes(bytes)] + steps)
    default:
      let service = SimulatedService(requestBytes: bytes, requestLimit: limit) { request in
        let whole = answer(request)
        guard request.startIndex == (limit - 1) * bytes else { return whole }
        return switch misdeed {
        case 2: Array(whole[..<(whole.count * cut / 100)])
        case 3: whole + whole.prefix(cut)
        case 4: Array("HTTP/1.1 200 OK\r\nContent-Length: \(100 + cut)\r\n\r\nshort".utf8)
        case 5: Array("220 mail.example ESMTP\r\n".utf8)
        case 6: Array(("HTTP/1.1 200 OK\r\n" + String(repeating: "X-Y: z\r\n", count: 9000)).utf8)
        default: Array(String(repeating: "HTTP/1.1 103 Early\r\n\r\n", count: 40).utf8)
        }
      }
      return SimulatedPeer("hostile", steps: [.serve(service)])
    }
  }

  /// The numbers that a server was asked for, and whether to the end.
  private static func asked(_ server: SimulatedPeer) -> [(method: String, number: Int)] {
    stride(from: 0, to: server.received.count, by: bytes).compactMap { start in
      let words = server.received[start..<min(start + bytes, server.received.count)].split(separator: 32)
      guard words.count > 2 else { return nil }
      return (
        String(decoding: words[0], as: UTF8.self),
        Int(String(decoding: words[1].dropFirst(), as: UTF8.self)) ?? 0
      )
    }
  }

  private struct Verdict {
    var answered = 0
    var findings: [String] = []
  }

  private func run(
    seed: UInt64, isHostile: Bool = false, isSecured: Bool = false,
    sabotage: SimulatedKernel.Sabotage? = nil
  ) -> Verdict {
    var random = SeededGenerator(seed: seed)
    let servers = (0..<300).map { _ in
      if isHostile, random.chance(0.7) { return Self.hostile(&random) }
      let limit = random.chance(0.5) ? random.within(1...6) : nil
      return SimulatedPeer(
        "server",
        steps: [.serve(SimulatedService(requestBytes: Self.bytes, requestLimit: limit, respond: Self.answer))]
      )
    }
    let simulation = Self.simulation(servers, seed: seed, &random, isSecured: isSecured, sabotage)
    let gaps = (0..<40).map { _ in random.within(0...400) }
    let tasks = (0..<8).map { Self.start($0, in: simulation, gaps) }
    for task in tasks where random.chance(0.2) {
      for _ in 0..<random.within(0...60) { simulation.turn() }
      task.cancel()
    }
    var verdict = Verdict()
    if !simulation.run() { verdict.findings.append("some requests do not end") }
    let times = Self.count(servers, &verdict)
    for (number, outcome) in simulation.outcomes.all {
      Self.judge(number, outcome, asked: times[number, default: 0], isHostile, &verdict)
    }
    verdict.findings += simulation.finish()
    return verdict
  }

  private static func simulation(
    _ servers: [SimulatedPeer], seed: UInt64, _ random: inout SeededGenerator, isSecured: Bool,
    _ sabotage: SimulatedKernel.Sabotage?
  ) -> ClientSimulation {
    ClientSimulation(
      servers, seed: seed, faults: .all, addresses: random.within(1...2), isSecured: isSecured,
      {
        $0.connectionsPerHost = random.within(1...6)
        $0.waiters = random.chance(0.1) ? 2 : 1000
        $0.usesPerConnection = random.chance(0.2) ? 3 : nil
        $0.timeouts.head = .milliseconds(random.within(20...2000))
        $0.timeouts.total = .milliseconds(random.within(100...5000))
        $0.redirects = 0
      }
    ) {
      $0.turnNanoseconds = 1000...20_000
      $0.connectNanoseconds = 0...random.within(1...3_000_000)
      $0.connectRefusal = 0.02
      $0.sabotage = sabotage
    }
  }

  /// A task that asks five times, one after another.
  private static func start(_ task: Int, in simulation: ClientSimulation, _ gaps: [Int]) -> Task<Void, Never>
  {
    let scheme = simulation.scheme
    return simulation.start { client, outcomes in
      for step in 0..<5 {
        let number = task * 5 + step
        var request = ClientRequest(.get, "\(scheme)://\(ClientSimulation.host)\(Self.target(number))")
        if number % 3 == 0 {
          request.method = "POST"
          request.fields = [ResponseField("X", "9")]
        } else {
          request.fields = [ResponseField("X", "123456789012345678901")]
        }
        outcomes.note(number, await ClientSimulation.outcome(client, request))
        try? await Task.sleep(for: .milliseconds(gaps[number]))
      }
    }
  }

  /// How often each number was asked for.
  private static func count(_ servers: [SimulatedPeer], _ verdict: inout Verdict) -> [Int: Int] {
    var times: [Int: Int] = [:]
    for server in servers {
      // One connection each, and what is made again goes over another.
      var asked: Set<Int> = []
      for (method, number) in Self.asked(server) {
        times[number - 10_000, default: 0] += 1
        if !asked.insert(number).inserted { verdict.findings.append("\(number) came twice at once") }
        if (method == "POST") != ((number - 10_000) % 3 == 0) {
          verdict.findings.append("\(method) \(number)")
        }
      }
    }
    return times
  }

  private static func judge(
    _ number: Int, _ outcome: Outcome, asked times: Int, _ isHostile: Bool, _ verdict: inout Verdict
  ) {
    switch outcome {
    case .answered(let status, let text):
      verdict.answered += 1
      let expected = Self.answer(Array("G \(Self.target(number)) ".utf8)[...])
      let isRight =
        status == 200 && text.hasPrefix("\(10_000 + number);")
        && String(decoding: expected, as: UTF8.self).contains(text)
      if !isRight { verdict.findings.append("\(number) was answered with \(text.prefix(40))") }
      if times == 0 { verdict.findings.append("\(number) was answered by nobody") }
    case .failed(.malformedResponse(let why)) where !isHostile:
      verdict.findings.append("\(number): malformed, \(why)")
    case .failed, .cancelled: break
    }
    if times > (number % 3 == 0 ? 1 : 2) { verdict.findings.append("\(number) was asked \(times) times") }
  }

  @Test func `under every fault each request has its own answer or an error, and nothing is left`() {
    var answered = 0
    let seeds = Seed.list(standard: 250)
    for seed in seeds {
      let verdict = run(seed: seed)
      answered += verdict.answered
      #expect(verdict.findings == [], Comment(rawValue: Seed.commandLine(seed, filter: "ClientTrafficTests")))
    }
    #expect(answered > 15 * seeds.count || seeds.count < 10, "\(answered) answers")
  }

  @Test func `servers that die, lie, sleep or never end cost their own requests, and nothing is left`() {
    var answered = 0
    let seeds = Seed.list(standard: 100)
    for seed in seeds {
      let verdict = run(seed: seed, isHostile: true)
      answered += verdict.answered
      #expect(verdict.findings == [], Comment(rawValue: Seed.commandLine(seed, filter: "ClientTrafficTests")))
    }
    #expect(answered > 5 * seeds.count || seeds.count < 10, "\(answered) answers")
  }

  @Test(arguments: [false, true])
  func `over TLS each request has its own answer or an error, and nothing is left`(isHostile: Bool) {
    var answered = 0
    let seeds = Seed.list(standard: 150)
    for seed in seeds {
      let verdict = run(seed: seed, isHostile: isHostile, isSecured: true)
      answered += verdict.answered
      #expect(verdict.findings == [], Comment(rawValue: Seed.commandLine(seed, filter: "ClientTrafficTests")))
    }
    #expect(answered > (isHostile ? 4 : 12) * seeds.count || seeds.count < 10, "\(answered) answers")
  }

  @Test func `the oracle notices a request that goes out twice`() {
    let verdicts = (1...5).flatMap { seed in
      (0..<10).map { run(seed: seed, sabotage: .doublesSend($0)) }
    }
    #expect(verdicts.count { !$0.findings.isEmpty } > verdicts.count / 2)
  }

  @Test func `the oracle notices a close that does not happen`() {
    for seed: UInt64 in 1...10 { #expect(run(seed: seed, sabotage: .forgetsClose(0)).findings != []) }
  }
}

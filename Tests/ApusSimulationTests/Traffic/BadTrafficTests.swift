// Handlers that misbehave under peers that do, by seed: never finishing, throwing at any point, cancelled,
// outliving their peer, reading half a body, writing after the peer left. What blocks a thread cannot be
// repeated by a seed: see `BlockingTests`.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// One seed of it, from the first connection to the audit.
struct BadTrafficRun {
  let seed: UInt64

  struct Outcome {
    var findings: [String] = []
    var counters = Counters()
    var outcomes: [String: Int] = [:]
    var answers = 0
  }

  func run() -> Outcome {
    var random = SeededGenerator(seed: seed)
    var configuration = SimulatedKernel.Configuration(seed: random.next())
    configuration.slotCount = 16
    configuration.bufferBytes = random.element(of: [16, 100, 4096])
    configuration.receiveWindowBytes = random.element(of: [100, 65_536])
    configuration.sendWindowBytes = random.element(of: [500, 65_536])
    if seed % 8 != 0 {
      for fault in Fault.allCases where random.chance(0.7) { configuration.faults[fault] = Faults.all[fault] }
    }
    var limits = Limits()
    limits.jobsPerTurn = random.element(of: [1, 5, 256])
    limits.ownedBodyBytes = random.element(of: [16, 700, 131_072])
    var timeouts = Timeouts()
    timeouts.answer = .seconds(20)
    timeouts.bodyStall = .seconds(8)
    let tally = TaskTally()
    var simulation = Simulation(
      configuration, handler: badHandler(tally), limits: limits, timeouts: timeouts)
    if seed % 2 == 0 { simulation.keepTasks() }
    let peers = (0..<random.within(2...8)).map { Self.peer($0, &random) }
    for (peer, _) in peers { simulation.kernel.add(peer, after: UInt64(random.below(5_000_000))) }
    simulation.run(for: .seconds(random.element(of: [1, 10, 100])))
    simulation.drain()
    let hasFinished = simulation.finish(within: .seconds(120))

    var outcome = Outcome()
    outcome.findings = simulation.audit()
    if !hasFinished { outcome.findings.append("the core does not end") }
    if tally.started != tally.ended {
      outcome.findings.append("\(tally.started) handlers began, \(tally.ended) ended")
    }
    for (peer, ways) in peers {
      outcome.answers += peer.answers.count
      if let malformed = peer.malformed { outcome.findings.append("\(peer.name): no answer: \(malformed)") }
      for (answer, way) in zip(peer.answers, ways) where !way.statuses.contains(answer.status) {
        outcome.findings.append("\(peer.name): \(way) answered \(answer.status)")
      }
    }
    outcome.counters = simulation.reactor.table.counters
    outcome.outcomes = tally.outcomes
    return outcome
  }

  /// Asks some handlers in turn and leaves in one way or another, mostly before they are done.
  private static func peer(_ index: Int, _ random: inout SeededGenerator) -> (SimulatedPeer, [BadHandler]) {
    let ways = (0..<random.within(1...4)).map { _ in random.element(of: BadHandler.allCases) }
    var steps: [SimulatedPeer.Step] = []
    var isCut = false
    if random.chance(0.2) { steps.append(.setReading(.never)) }
    for (place, way) in ways.enumerated() {
      let target = "/\(way.rawValue)/\(random.below(1000))"
      if way.wantsBody {
        let count = random.element(of: [3, 300, 30_000])
        steps.append(.send("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\r\n"))
        // Some send half of it and stall, or leave.
        isCut = random.chance(0.15)
        steps.append(.send([UInt8](repeating: 1, count: isCut ? count / 2 : count)))
        if isCut { break }
      } else {
        steps.append(.send("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
      }
      if random.chance(0.4) { steps.append(.awaitAnswers(place + 1)) }
    }
    if random.chance(0.6) { steps.append(.pause(.milliseconds(random.below(12_000)))) }
    switch random.below(5) {
    case 0: steps += [.awaitAnswers(ways.count), .close]
    case 1: steps.append(.halfClose)
    case 2: steps.append(.close)
    case 3: steps.append(.reset)
    default: break
    }
    let peer = SimulatedPeer(
      "peer \(index)", methods: ways.map { $0.wantsBody ? "POST" : "GET" }, steps: steps)
    if random.chance(0.3) { peer.windowBytes = random.within(100...8000) }
    return (peer, ways)
  }
}

@Suite struct BadTrafficTests {
  @Test func `whatever handlers and peers do, answers are their own, ends are counted, and nothing is left`()
  {
    var reasons = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    var outcomes: [String: Int] = [:]
    var answers = 0
    let seeds = Seed.list(standard: 200)
    for seed in seeds {
      let outcome = BadTrafficRun(seed: seed).run()
      if let finding = outcome.findings.first {
        Issue.record("seed \(seed): \(finding)\n\(Seed.commandLine(seed, filter: "BadTrafficTests"))")
        return
      }
      for reason in CloseReason.allCases { reasons[Int(reason.rawValue)] += outcome.counters[reason] }
      outcomes.merge(outcome.outcomes, uniquingKeysWith: +)
      answers += outcome.answers
    }
    guard seeds.count >= 200 else { return }
    #expect(answers > 500)
    let expected: [CloseReason] = [
      .peerFinished, .peerTruncated, .peerReset, .answerTimeout, .handlerAborted, .unreadBody, .bodyTimeout,
      .sendTimeout, .drain, .drainForced,
    ]
    for reason in expected { #expect(reasons[Int(reason.rawValue)] > 0, "\(reason) never happened") }
    for name in ["never ended", "deaf outlived", "wrote after the end"] {
      #expect(outcomes[name, default: 0] > 0, "\(name) never happened")
    }
  }
}

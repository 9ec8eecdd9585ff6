// TrafficRun: one seed of random traffic, from the first connection to the audit.

import ApusEngine
import ApusRing
import ApusTesting

struct TrafficRun {
  var seed: UInt64
  /// Four connections of five speak TLS.
  var isSecured = false
  /// A mistake of the kernel's, for the canaries.
  var sabotage: SimulatedKernel.Sabotage?
  /// A mistake of the handler's, at this call.
  var mistakeAt: Int?

  /// Bytes of a body beyond which it is refused.
  static let collectBytes = 24_000

  struct Outcome {
    var findings: [String] = []
    var statistics = SimulatedKernel.Statistics()
    var counters = Counters()
    var answers = 0
  }

  init(
    seed: UInt64, isSecured: Bool = false, sabotage: SimulatedKernel.Sabotage? = nil, mistakeAt: Int? = nil
  ) {
    self.seed = seed
    self.isSecured = isSecured
    self.sabotage = sabotage
    self.mistakeAt = mistakeAt
  }

  /// Each answer has its line, and no line tells of more than the kernel took.
  private static func judgeLog(_ kernel: SimulatedKernel, _ counters: Counters) -> [String] {
    let lines = kernel.logLines
    // A request whose connection ended before there was an answer has a line, too.
    let answers = (1...5).reduce(counters.unanswered + counters.givenUp) { $0 + counters.answers[$1] }
    let logged = UInt64(lines.count) + counters.lostLogLines
    let bytes = lines.reduce(0) { $0 + $1.bytes }
    var findings: [String] = []
    if logged != answers { findings.append("\(logged) lines are logged or lost, where \(answers) were due") }
    if bytes > counters.bytesSent {
      findings.append("the log tells of \(bytes) bytes of \(counters.bytesSent)")
    }
    return findings
  }

  func run() -> Outcome {
    var random = SeededGenerator(seed: seed)
    var configuration = SimulatedKernel.Configuration(seed: random.next())
    configuration.sabotage = sabotage
    configuration.slotCount = 16
    configuration.bufferCount = random.element(of: [2, 4, 16, 64])
    configuration.bufferBytes = random.element(of: [16, 100, 512, 4096])
    configuration.receiveWindowBytes = random.element(of: [100, 4000, 65_536])
    configuration.sendWindowBytes = random.element(of: [500, 4000, 65_536])
    configuration.turnNanoseconds = 0...random.element(of: [0, 3000, 60_000])
    configuration.wakeNanoseconds = 0...random.element(of: [0, 20_000, 400_000])
    // One seed in eight runs without faults, the others with most of them.
    if seed % 8 != 0 {
      for fault in Fault.allCases where random.chance(0.7) { configuration.faults[fault] = Faults.all[fault] }
    }
    if isSecured { configuration.listenerCount = 2 }
    let ledger = Ledger()
    ledger.mistakeAt = mistakeAt
    var simulation = Simulation(
      configuration, handler: numberedHandler(ledger, collectBytes: Self.collectBytes),
      limits: Self.limits(&random), accessLog: seed % 2 == 1 ? .simulated : nil, secure: contexts)
    if seed % 2 == 0 { simulation.keepTasks() }

    var connections: [PlannedConnection] = []
    for index in 0..<random.within(1...6) {
      let connection = PlannedConnection.random(index, &random, mayPause: seed % 3 == 0)
      connections.append(connection)
      if isSecured { secure(connection.peer, index, &random) }
      simulation.kernel.add(connection.peer, after: UInt64(random.below(5_000_000)))
    }
    let drainsEarly = random.chance(0.2)
    if drainsEarly {
      simulation.run(for: .microseconds(random.below(8000)))
    } else {
      for _ in 0..<20 where connections.contains(where: { !$0.peer.isDisconnected }) {
        simulation.run(for: .seconds(30))
      }
    }
    simulation.drain()
    let hasFinished = simulation.finish(within: .seconds(40))

    var outcome = Outcome()
    outcome.findings = simulation.audit()
    if seed % 2 == 1 {
      outcome.findings += Self.judgeLog(simulation.kernel, simulation.reactor.table.counters)
    }
    if !hasFinished { outcome.findings.append("the core does not end") }
    outcome.statistics = simulation.kernel.statistics
    outcome.counters = simulation.reactor.table.counters
    outcome.answers = connections.reduce(0) { $0 + $1.peer.answers.count }
    let oracle = TrafficOracle(drainsEarly: drainsEarly, statistics: outcome.statistics)
    for connection in connections { outcome.findings += oracle.judge(connection) }
    outcome.findings += oracle.judge(ledger, connections)
    return outcome
  }

  /// The first listener speaks TLS, the second does not.
  private var contexts: SecureContexts {
    var contexts = SecureContexts(listeners: isSecured ? [SimulatedAcceptor.security(seed: seed), nil] : [])
    // Time does not pass within a simulated turn: with none to spend, one handshake moves in each.
    contexts.handshakeNanoseconds = seed % 5 == 0 ? 0 : 1_000_000
    return contexts
  }

  private func secure(_ peer: SimulatedPeer, _ index: Int, _ random: inout SeededGenerator) {
    let isPlain = random.chance(0.2)
    peer.listener = isPlain ? 1 : 0
    if !isPlain { peer.security = PeerSecurity(seed: seed &* 31 &+ UInt64(index)) }
  }

  /// Every bound as small as it may be, or as large as it is.
  private static func limits(_ random: inout SeededGenerator) -> Limits {
    var limits = Limits()
    limits.collectBytes = collectBytes
    limits.requestsPerTurn = random.element(of: [1, 3, 64])
    limits.waitingBytes = random.element(of: [64, 3000, 65_536])
    limits.queuedAnswerBytes = random.element(of: [1, 1000, 65_536])
    limits.sendBytes = random.element(of: [50, 3000, 262_144])
    limits.copiedBodyBytes = random.element(of: [16, 100, 16_384])
    limits.copiedFileBytes = random.element(of: [0, 2000, 65_536])
    limits.sharedBodyBytes = random.element(of: [0, 300, 65_536])
    limits.ownedBodyBytes = random.element(of: [16, 700, 131_072])
    limits.unsentAnswerBytes = random.element(of: [0, 500, 65_536])
    limits.jobsPerTurn = random.element(of: [1, 5, 256])
    limits.expiriesPerTurn = random.element(of: [1, 256])
    return limits
  }
}

// A thousand seeds of pipelined keep-alive traffic, and canaries that show that the oracle sees.

import ApusEngine
import ApusTesting
import Testing

@Suite struct TrafficTests {
  /// What a share of the seeds came to.
  struct Tally {
    var failure: (seed: UInt64, finding: String)?
    var struck = [Int](repeating: 0, count: Fault.allCases.count)
    var reasons = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    var answers = 0

    /// Runs seeds until one fails.
    init(_ seeds: [UInt64], isSecured: Bool = false) {
      for seed in seeds {
        let outcome = TrafficRun(seed: seed, isSecured: isSecured).run()
        if let finding = outcome.findings.first {
          failure = (seed, "\(finding) (\(outcome.findings.count) findings)")
          return
        }
        for fault in Fault.allCases { struck[fault.rawValue] += outcome.statistics[fault] }
        for reason in CloseReason.allCases { reasons[Int(reason.rawValue)] += outcome.counters[reason] }
        answers += outcome.answers
      }
    }

    mutating func add(_ other: Tally) {
      failure = failure ?? other.failure
      for index in struck.indices { struck[index] += other.struck[index] }
      for index in reasons.indices { reasons[index] += other.reasons[index] }
      answers += other.answers
    }
  }

  @Test func `every accepted request is answered once and in order, or its connection ends for a reason`()
    async
  {
    let seeds = Seed.list(standard: 1000)
    let shareCount = 4
    let total = await withTaskGroup(of: Tally.self) { group in
      for share in 0..<shareCount {
        group.addTask { Tally(seeds.indices.filter { $0 % shareCount == share }.map { seeds[$0] }) }
      }
      return await group.reduce(into: Tally([])) { $0.add($1) }
    }
    if let (seed, finding) = total.failure {
      Issue.record("seed \(seed): \(finding)\n\(Seed.commandLine(seed, filter: "TrafficTests"))")
      return
    }
    // The traffic is worth its name: every fault struck, every way to end was taken.
    guard seeds.count >= 1000 else { return }
    #expect(total.answers > 5000)
    for fault in Fault.allCases { #expect(total.struck[fault.rawValue] > 0, "\(fault) never struck") }
    let expected: [CloseReason] = [
      .peerFinished, .peerTruncated, .peerReset, .completed, .idle, .headTimeout, .bodyTimeout,
      .protocolError, .drain,
    ]
    for reason in expected { #expect(total.reasons[Int(reason.rawValue)] > 0, "\(reason) never happened") }
  }

  @Test func `over TLS every accepted request is answered once and in order, beside plain connections`() async
  {
    let seeds = Seed.list(standard: 600)
    let shareCount = 4
    let total = await withTaskGroup(of: Tally.self) { group in
      for share in 0..<shareCount {
        group.addTask {
          Tally(seeds.indices.filter { $0 % shareCount == share }.map { seeds[$0] }, isSecured: true)
        }
      }
      return await group.reduce(into: Tally([])) { $0.add($1) }
    }
    if let (seed, finding) = total.failure {
      Issue.record("seed \(seed): \(finding)\n\(Seed.commandLine(seed, filter: "TrafficTests"))")
      return
    }
    guard seeds.count >= 600 else { return }
    #expect(total.answers > 2000)
    for reason: CloseReason in [.peerFinished, .peerReset, .completed, .idle, .secureFailure] {
      #expect(total.reasons[Int(reason.rawValue)] > 0, "\(reason) never happened")
    }
  }

  @Test func `a seed repeats itself exactly`() {
    for seed: UInt64 in [3, 21, 40] {
      let first = TrafficRun(seed: seed).run()
      let second = TrafficRun(seed: seed).run()
      #expect(first.statistics == second.statistics)
      #expect(first.answers == second.answers)
    }
  }
}

/// Each canary makes one mistake on purpose in traffic that is otherwise without faults (seeds divisible by
/// eight). An oracle that stays silent is blind.
@Suite struct CanaryTests {
  /// Seeds whose traffic is answered at all, so that there is something to spoil.
  static let seeds: [UInt64] = (1...20).map { 8 * $0 }.filter { TrafficRun(seed: $0).run().answers >= 4 }

  /// The share of seeds in which the mistake was found.
  static func noticed(_ make: (UInt64) -> TrafficRun) -> Double {
    Double(seeds.count { !make($0).run().findings.isEmpty }) / Double(seeds.count)
  }

  @Test func `without a mistake the oracle is silent`() {
    let share = Self.noticed { TrafficRun(seed: $0) }
    #expect(share == 0)
    #expect(Self.seeds.count >= 8)
  }

  @Test func `an answer that is given twice is noticed`() {
    let share = Self.noticed { TrafficRun(seed: $0, mistakeAt: 1) }
    #expect(share > 0.7)
  }

  @Test func `a send that arrives nowhere is noticed`() {
    let share = Self.noticed { TrafficRun(seed: $0, sabotage: .dropsSend(0)) }
    #expect(share > 0.7)
  }

  @Test func `a send that arrives twice is noticed`() {
    let share = Self.noticed { TrafficRun(seed: $0, sabotage: .doublesSend(0)) }
    #expect(share > 0.7)
  }

  @Test func `a slot that is never closed is noticed`() {
    let share = Self.noticed { TrafficRun(seed: $0, sabotage: .forgetsClose(0)) }
    #expect(share > 0.9)
  }
}

// A thousand seeds of pipelined keep-alive traffic, and canaries that show that the oracle sees.

import ApusEngine
import ApusTesting
import Testing

@Suite struct TrafficTests {
  static let batches = 4

  @Test(arguments: 0..<batches)
  func `every accepted request is answered once and in order, or its connection ends for a reason`(batch: Int)
  {
    let seeds = Seed.list(standard: 1000)
    var struck = [Int](repeating: 0, count: Fault.allCases.count)
    var reasons = [UInt64](repeating: 0, count: CloseReason.allCases.count)
    var answers = 0
    for seed in seeds where Int(seed % UInt64(Self.batches)) == batch {
      let outcome = TrafficRun(seed: seed).run()
      if let finding = outcome.findings.first {
        Issue.record(
          """
          seed \(seed): \(finding) (\(outcome.findings.count) findings)
          \(Seed.commandLine(seed, filter: "TrafficTests"))
          """)
        return
      }
      for fault in Fault.allCases { struck[fault.rawValue] += outcome.statistics[fault] }
      for reason in CloseReason.allCases { reasons[Int(reason.rawValue)] += outcome.counters[reason] }
      answers += outcome.answers
    }
    guard seeds.count >= 1000 else { return }
    // The traffic is worth its name: every fault struck, every way to end was taken.
    #expect(answers > 2000)
    for fault in Fault.allCases { #expect(struck[fault.rawValue] > 0, "\(fault) never struck") }
    let expected: [CloseReason] = [
      .peerFinished, .peerTruncated, .peerReset, .completed, .idle, .headTimeout, .bodyTimeout,
      .protocolError, .drain,
    ]
    for reason in expected { #expect(reasons[Int(reason.rawValue)] > 0, "\(reason) never happened") }
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

/// Each canary makes one mistake on purpose in traffic that is otherwise without faults (seeds divisible by eight). An
/// oracle that stays silent is blind.
@Suite struct CanaryTests {
  static let seeds: [UInt64] = [8, 16, 32, 56, 64, 80]

  static func noticed(_ make: (UInt64) -> TrafficRun) -> Int {
    seeds.count { !make($0).run().findings.isEmpty }
  }

  @Test func `without a mistake the oracle is silent`() {
    let count = Self.noticed { TrafficRun(seed: $0) }
    #expect(count == 0)
  }

  @Test func `an answer that is given twice is noticed`() {
    let count = Self.noticed { TrafficRun(seed: $0, mistakeAt: 1) }
    #expect(count >= 4)
  }

  @Test func `a send that arrives nowhere is noticed`() {
    let count = Self.noticed { TrafficRun(seed: $0, sabotage: .dropsSend(0)) }
    #expect(count >= 5)
  }

  @Test func `a send that arrives twice is noticed`() {
    let count = Self.noticed { TrafficRun(seed: $0, sabotage: .doublesSend(0)) }
    #expect(count >= 5)
  }

  @Test func `a slot that is never closed is noticed`() {
    let count = Self.noticed { TrafficRun(seed: $0, sabotage: .forgetsClose(0)) }
    #expect(count >= 5)
  }
}

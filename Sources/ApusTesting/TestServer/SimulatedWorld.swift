// SimulatedWorld: the cores of a test, in one virtual time: the one under test first, then its upstreams.
// Time stands still while one of them has something to do, and jumps to whatever happens next in any of them.

import ApusEngine
import ApusRing

final class SimulatedWorld {
  private final class Node {
    let name: String
    let core: Core
    var simulation: Simulation

    init(_ name: String, _ simulation: consuming Simulation) {
      self.name = name
      core = simulation.reactor.core
      self.simulation = simulation
    }
  }

  /// The outcome of a step.
  enum Step {
    /// Something happened.
    case turned
    /// Time is to pass next. Other tasks may make requests before.
    case timeIsNext
    /// A handler waits for something that is no core's: real time is to pass.
    case waitsForOthers
  }

  private var nodes: [Node] = []
  private var hasSaidThatTimeIsNext = false
  /// Since when a handler is waited for that waits for others.
  private var waitsSince: ContinuousClock.Instant?

  /// How long, in real time, a handler may wait for something that is not the core's before virtual time
  /// passes without it.
  private static let patience = Duration.seconds(1)
  /// Turns in one instant after which cores that time is to pass for have lost their way.
  private static let timelessTurnLimit = 5000
  /// Turns that are enough for what a request leads to at once; an answer may go on for ever.
  private static let settlingTurns = 200

  var now: Instant { nodes[0].simulation.now }
  /// The kernel of the core under test.
  var kernel: SimulatedKernel { nodes[0].simulation.kernel }

  func add(_ name: String, _ simulation: consuming Simulation) -> SimulatedKernel {
    let kernel = simulation.kernel
    nodes.append(Node(name, simulation))
    return kernel
  }

  /// The calling thread is in the middle of a turn of one of the cores.
  var isTurningHere: Bool {
    guard let current = Core.current else { return false }
    return nodes.contains { $0.core === current }
  }

  /// One step for somebody who waits. `isPatient`: what handlers wait for is known to be under way.
  func step(isPatient: Bool) -> Step {
    if isBusy {
      turn(until: now)
    } else if waitsForOthers(isPatient) {
      return .waitsForOthers
    } else if !hasSaidThatTimeIsNext {
      hasSaidThatTimeIsNext = true
      return .timeIsNext
    } else {
      guard let moment = nextMoment else { return .waitsForOthers }
      turn(until: max(moment, now))
      waitsSince = nil
    }
    hasSaidThatTimeIsNext = false
    return .turned
  }

  private func waitsForOthers(_ isPatient: Bool) -> Bool {
    guard nodes.contains(where: { $0.core.handlersOfOthers > 0 }) else {
      waitsSince = nil
      return false
    }
    let since = waitsSince ?? .now
    waitsSince = since
    return isPatient || ContinuousClock.now - since < Self.patience || nextMoment == nil
  }

  /// Lets happen what does at this moment.
  func settle() {
    for _ in 0..<Self.settlingTurns where isBusy { turn(until: now) }
  }

  /// Lets this much time pass, and everything happen that does meanwhile.
  func pass(_ duration: Duration) {
    let end = Instant(nanoseconds: now.nanoseconds + duration.inNanoseconds)
    var timelessTurns = 0
    while timelessTurns < Self.timelessTurnLimit {
      let before = now
      if isBusy {
        turn(until: now)
      } else if let moment = nextMoment, moment <= end {
        turn(until: max(moment, now))
      } else if now < end {
        turn(until: end)
      } else {
        return
      }
      timelessTurns = now == before ? timelessTurns + 1 : 0
    }
    kernel.complain("the core turns without end in one instant")
  }

  /// A handler is up to something that is no core's.
  var handlersWaitForOthers: Bool {
    !isBusy && nodes.contains { $0.core.handlersOfOthers > 0 }
  }

  /// Drains the cores, those that ask before those that are asked; what they leave behind.
  func end() -> [String] {
    var findings: [String] = []
    for node in nodes {
      node.simulation.drain()
      let found = node.simulation.finish() ? node.simulation.audit() : ["the server does not end"]
      findings += nodes.count == 1 ? found : found.map { "\(node.name): \($0)" }
    }
    return findings
  }

  private var isBusy: Bool { nodes.contains { $0.simulation.isBusy } }

  private var nextMoment: Instant? { nodes.compactMap { $0.simulation.nextMoment }.min() }

  private func turn(until moment: Instant) {
    for node in nodes { node.simulation.turn(until: moment) }
  }
}

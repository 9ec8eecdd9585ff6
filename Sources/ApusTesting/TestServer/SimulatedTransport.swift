// SimulatedTransport: a server in memory. Its core turns in the task of whoever waits for an answer.

import Apus
import ApusEngine
import ApusRing

final class SimulatedTransport: TestTransport {
  private var simulation: Simulation
  private var peer: SimulatedPeer?

  /// How long, in real time, a handler may wait for something that is not the core's before virtual time goes on without it,
  /// and before that is given up. What was offloaded is known to be under way, and takes as long as the machine is slow.
  private static let patience = Duration.seconds(1)
  private static let lastPatience = Duration.seconds(60)
  /// Between two pieces of a request.
  private static let gapNanoseconds: UInt64 = 1_000

  init(_ router: Router, _ configuration: Server.Configuration) throws {
    let faults = router.faults
    if !faults.isEmpty { throw ServerError.badRoutes(faults: faults) }
    if let fault = configuration.limits.fault() ?? configuration.timeouts.fault() {
      throw ServerError.badConfiguration(explanation: fault)
    }
    var handler: Handler
    do {
      handler = try router.makeHandler(collectBytes: configuration.limits.collectBytes)
    } catch {
      throw ServerError.filesUnavailable(explanation: "a directory to serve cannot be opened: \(error)")
    }
    if configuration.learnsPeerAddresses { handler.wantsAddresses = true }
    // A handler that asks others finds nobody there.
    var world = SimulatedKernel.Configuration()
    world.ownSlotCount = 64
    simulation = Simulation(
      world, handler: handler, limits: configuration.limits,
      timeouts: configuration.timeouts, announcedTimeout: configuration.announcedKeepAlive)
  }

  func exchange(_ pieces: [[UInt8]], method: String) async throws -> Answer {
    let peer = connectedPeer()
    var steps: [SimulatedPeer.Step] = []
    for piece in pieces {
      steps.append(.send(piece))
      if pieces.count > 1 { steps.append(.pause(nanoseconds: Self.gapNanoseconds)) }
    }
    let wanted = peer.answers.count + 1
    peer.append(steps, method: method)
    simulation.kernel.resume(peer)
    while peer.answers.count < wanted {
      if let reason = peer.malformed { throw TestServerError.malformed(reason) }
      if peer.isDisconnected { throw TestServerError.noAnswer(after: peer.trailingText) }
      try await turn()
    }
    return peer.answers[wanted - 1]
  }

  /// The connection, a new one if the last has ended or will.
  private func connectedPeer() -> SimulatedPeer {
    if let peer, !peer.isDisconnected, peer.answers.last?.closes != true { return peer }
    let fresh = SimulatedPeer(steps: [])
    simulation.kernel.add(fresh)
    peer = fresh
    return fresh
  }

  private func turn() async throws {
    let start = ContinuousClock.now
    while simulation.waitsForOthers {
      let waited = ContinuousClock.now - start
      let patience = OffloadPool.handlers.isBusy ? Self.lastPatience : Self.patience
      if waited > patience, simulation.hasDeadline { break }
      if waited > Self.lastPatience { throw TestServerError.stalled }
      try await Task.sleep(for: .microseconds(100))
    }
    simulation.turnAtOnce()
  }

  func pass(_ duration: Duration) throws { simulation.run(for: duration) }

  func end() -> [String] {
    simulation.drain()
    guard simulation.finish() else { return ["the server does not end"] }
    return simulation.audit()
  }
}

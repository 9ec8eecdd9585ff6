// Tasks that a core keeps for later requests: whom they serve, and that they end with the core.

import ApusEngine
import ApusTesting
import ApusWire
import Testing

/// What handlers saw; one thread uses it.
private final class Sight: @unchecked Sendable {
  var tasks: [Int] = []
  var wereCancelled: [Bool] = []

  func note() {
    unsafe withUnsafeCurrentTask { task in unsafe tasks.append(task?.hashValue ?? 0) }
    wereCancelled.append(Task.isCancelled)
  }
}

@Suite struct KeptTaskTests {
  @Test func `one task serves one request after another, suspended or not`() {
    let sight = Sight()
    var scenario = Scenario(
      handler: asynchronous { request in
        sight.note()
        if sight.tasks.count % 2 == 0 { await CoreExecutor.current?.sleep(for: .milliseconds(5)) }
        return Response(status: 200)
      })
    scenario.simulation.keepTasks()
    let peer = SimulatedPeer(steps: (1...6).flatMap { [.send(get("\($0)")), .awaitAnswers($0)] })
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.map(\.status) == [200, 200, 200, 200, 200, 200])
    #expect(Set(sight.tasks).count == 1)
    scenario.end()
  }

  @Test func `a task that was cancelled serves no other request`() {
    let sight = Sight()
    var scenario = Scenario(
      handler: asynchronous { _ in
        sight.note()
        guard sight.tasks.count == 1 else { return Response(status: 200) }
        // Deaf to its cancellation.
        await CoreExecutor.current?.sleep(for: .seconds(2))
        sight.wereCancelled.append(Task.isCancelled)
        return Response(status: 200)
      })
    scenario.simulation.keepTasks()
    scenario.add(SimulatedPeer(steps: [.send(get("1")), .pause(.seconds(1)), .reset]))
    let peer = SimulatedPeer(steps: [.send(get("2")), .awaitAnswers(1), .send(get("3")), .awaitAnswers(2)])
    scenario.add(peer, after: .seconds(5))
    scenario.simulation.run(for: .seconds(6))
    #expect(peer.answers.count == 2)
    #expect(sight.wereCancelled == [false, true, false, false])
    scenario.end()
  }

  @Test func `kept tasks end with their core, and let go of it`() {
    var scenario = Scenario(handler: asynchronous { _ in Response(status: 200) })
    scenario.simulation.keepTasks()
    let peers = (1...3).map { SimulatedPeer(steps: [.send(get("\($0)")), .awaitAnswers(1)]) }
    for peer in peers { scenario.add(peer) }
    scenario.simulation.run(for: .seconds(1))
    #expect(peers.allSatisfy { $0.answers.count == 1 })
    weak let executor = scenario.simulation.reactor.executor
    scenario.end()
    _ = consume scenario
    #expect(executor == nil)
  }
}

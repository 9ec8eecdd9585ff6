// Tasks that a core keeps for later requests: whom they serve, and that they end with the core.

import ApusEngine
import ApusTesting
import ApusWire
import Testing

/// What handlers saw; one thread uses it.
private final class Sight: @unchecked Sendable {
  var rounds: [Int] = []
  var wereCancelled: [Bool] = []

  func note() {
    rounds.append(Round.number)
    wereCancelled.append(Task.isCancelled)
  }
}

/// Which request is asked. A task keeps the value of the moment at which it was made.
private enum Round {
  @TaskLocal static var number = 0
}

@Suite struct KeptTaskTests {
  @Test(arguments: [true, false])
  func `where tasks are kept, one serves one request after another, suspended or not`(areKept: Bool) {
    let sight = Sight()
    var scenario = Scenario(
      handler: asynchronous { request in
        sight.note()
        if sight.rounds.count % 2 == 0 { await Core.current?.executor.sleep(for: .milliseconds(5)) }
        return Response(status: 200)
      })
    if areKept { scenario.simulation.keepTasks() }
    for number in 1...6 {
      Round.$number.withValue(number) {
        let peer = SimulatedPeer(steps: [.send(get("\(number)")), .awaitAnswers(1)])
        scenario.add(peer)
        scenario.simulation.run(for: .seconds(1))
        #expect(peer.answers.map(\.status) == [200])
      }
    }
    #expect(sight.rounds == (areKept ? [1, 1, 1, 1, 1, 1] : [1, 2, 3, 4, 5, 6]))
    scenario.end()
  }

  @Test func `a task that was cancelled serves no other request`() {
    let sight = Sight()
    var scenario = Scenario(
      handler: asynchronous { _ in
        sight.note()
        guard sight.rounds.count == 1 else { return Response(status: 200) }
        // Deaf to its cancellation.
        await Core.current?.executor.sleep(for: .seconds(2))
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
    weak let executor = scenario.simulation.reactor.core.executor
    scenario.end()
    _ = consume scenario
    #expect(executor == nil)
  }
}

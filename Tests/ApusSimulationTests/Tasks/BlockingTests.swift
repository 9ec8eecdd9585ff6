// A handler that blocks a thread through `offload`, over simulated connections: virtual time goes on for
// everybody else while a real thread is held.

import Apus
import ApusEngine
import ApusTestSupport
import ApusTesting
import Testing

@Suite struct BlockingTests {
  @Test func `others are answered meanwhile, and one whose peer left ends without a trace`() {
    let gate = ThreadGate()
    var scenario = Scenario(
      handler: asynchronous { request in
        if text(request.path) == "/n/1" { try? await offload { gate.pass() } }
        return Response(status: 200, body: .text(text(request.path)))
      })
    let patient = SimulatedPeer("patient", steps: [.send(get("1"))])
    let gone = SimulatedPeer("gone", steps: [.send(get("1")), .pause(.seconds(1)), .reset])
    let other = SimulatedPeer(
      "other", steps: repeated(20) { [.send(get("\($0 + 2)")), .pause(.seconds(1))] })
    for peer in [patient, gone, other] { scenario.add(peer) }
    scenario.simulation.run(for: .seconds(30))
    #expect(other.answers.count == 20)
    #expect(patient.answers.isEmpty)
    #expect(scenario.count(.peerReset) == 1)
    #expect(scenario.simulation.reactor.core.exchanges.heldCount == 2)

    gate.open()
    // Threads take real time.
    let isDone = eventually {
      scenario.simulation.run(for: .milliseconds(1))
      return scenario.simulation.reactor.core.exchanges.heldCount == 0
    }
    #expect(isDone)
    scenario.simulation.run(for: .milliseconds(10))
    #expect(patient.answers.map(\.text) == ["/n/1"])
    scenario.end()
  }
}

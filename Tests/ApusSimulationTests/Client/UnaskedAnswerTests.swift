// Answers to nothing: a server's bytes on a connection that has been given to the next request, of
// which nothing has left yet.

import Apus
import ApusTesting
import ApusWire
import Testing

@Suite struct UnaskedAnswerTests {
  @Test
  func `bytes behind a response that nobody read are not taken for the answer to whoever is next in line`() {
    let answer = Servers.ok("unread content")
    let server = SimulatedPeer(
      "server",
      steps: [
        .awaitBytes(Servers.requestBytes), .send(String(answer.dropLast(4))), .pause(.milliseconds(20)),
        .send(String(answer.suffix(4)) + Servers.ok("stray")), .awaitBytes(.max),
      ])
    let simulation = ClientSimulation([server, Servers.always(Servers.ok("second"))]) {
      $0.connectionsPerHost = 1
    }
    simulation.start { client, outcomes in
      let status = try? await client.perform(.get, "http://\(ClientSimulation.host)/") { head, _ in
        head.status
      }
      outcomes.note(0, .answered(status?.code ?? 0, ""))
    }
    simulation.pass(.milliseconds(10))
    #expect(simulation.outcomes[0] == .answered(200, ""), "its connection is read to the end behind it")
    simulation.ask(1)
    #expect(simulation.run())
    #expect(simulation.outcomes[1] == .answered(200, "second"))
    #expect(simulation.finish() == [])
  }
}

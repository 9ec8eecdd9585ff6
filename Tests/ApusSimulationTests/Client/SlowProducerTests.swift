import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Whoever makes a request's body takes the time that it takes: a server is late only where the next
/// piece is its own to give.
@Suite struct SlowProducerTests {
  private static let hints = "HTTP/1.1 103 Early Hints\r\n\r\n"
  private static let leave = "HTTP/1.1 100 Continue\r\n\r\n"

  private static func head(expects: Bool) -> String {
    Servers.request("/", "POST", (expects ? "Expect: 100-continue\r\n" : "") + "Content-Length: 10\r\n")
  }

  /// Pauses before each half of its body; the server's `answer` comes to the head.
  private static func outcome(_ answer: String?, expects: Bool, headLimit: Duration = .seconds(5)) -> (
    Outcome?, Double
  ) {
    let bytes = head(expects: expects).utf8.count
    let server = SimulatedPeer(
      "server",
      steps: [.awaitBytes(bytes)] + (answer.map { [.send($0)] } ?? [])
        + [.awaitBytes(bytes + 10), .pause(.seconds(2)), .send(Servers.ok("one"))])
    let simulation = ClientSimulation([server]) {
      $0.timeouts.head = headLimit
      $0.timeouts.total = nil
    }
    simulation.ask(0) {
      $0.method = "POST"
      $0.expectsContinue = expects
      $0.body = .stream(length: 10) { body in
        try await Task.sleep(for: .seconds(20))
        try await body.write("hello")
        try await Task.sleep(for: .seconds(20))
        try await body.write("world")
      }
    }
    #expect(simulation.run())
    let elapsed = simulation.elapsed
    #expect(simulation.finish() == [])
    return (simulation.outcomes[0], elapsed)
  }

  @Test(arguments: [nil, hints, hints + hints], [false, true])
  func `a body has its time whatever interim answers have come`(answer: String?, expects: Bool) {
    #expect(Self.outcome(answer, expects: expects).0 == .answered(200, "one"))
  }

  @Test(arguments: [leave, hints + leave, leave + hints])
  func `a body has its time behind leave to send it`(answer: String) {
    #expect(Self.outcome(answer, expects: true).0 == .answered(200, "one"))
  }

  @Test(arguments: [nil, hints])
  func `the server's own time begins with the last piece`(answer: String?) {
    let (outcome, elapsed) = Self.outcome(answer, expects: false, headLimit: .seconds(1))
    #expect(outcome == .failed(.timedOut(.head)))
    #expect((41..<41.1).contains(elapsed), "\(elapsed) s")
  }
}

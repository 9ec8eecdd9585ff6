import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// What becomes of a request whose server fails, lies or sleeps: a typed error, and nothing held.
@Suite struct ClientFailureTests {
  private static let chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n"
  private static let sized = Servers.ok("hello", "Keep-Alive: timeout=5\r\n")

  @Test(arguments: [sized, chunked], [SimulatedPeer.Step.close, .reset])
  func `a server that dies at any byte of its answer is told as a lost connection`(
    answer: String, ending: SimulatedPeer.Step
  ) {
    let bytes = Array(answer.utf8)
    for count in 0..<bytes.count {
      let simulation = ClientSimulation([
        Servers.once(String(decoding: bytes[..<count], as: UTF8.self), then: [ending])
      ])
      #expect(simulation.outcome() == .failed(.connectionLost), "after \(count) bytes")
      #expect(simulation.finish() == [])
    }
  }

  @Test(arguments: [sized, chunked])
  func `a reset that comes along with a part of the answer is heard at once`(answer: String) {
    let bytes = Array(answer.utf8)
    for count in 1..<bytes.count {
      let part = String(decoding: bytes[..<count], as: UTF8.self)
      let simulation = ClientSimulation(
        [Servers.once(part, then: [.reset])], faults: .only(.deafReceive, 1))
      #expect(simulation.outcome() == .failed(.connectionLost), "after \(count) bytes")
      #expect(simulation.elapsed < 1, "after \(count) bytes")
      #expect(simulation.finish() == [])
    }
  }

  private static let sizedHead = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
  private static let chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test(arguments: [
    (sizedHead, "", ClientError.connectionLost), (sizedHead + "hel", "hel", .connectionLost),
    (chunkedHead, "", .connectionLost), (chunkedHead + "3\r\nabc", "abc", .connectionLost),
    (chunkedHead + "zz\r\n", "", .malformedResponse("a chunk size is not a hexadecimal number")),
    (
      chunkedHead + "3\r\nabc\r\nzz\r\n", "abc",
      .malformedResponse("a chunk size is not a hexadecimal number")
    ),
  ])
  func `what came of an answer together with its end is its reader's, head and content, before the error`(
    answer: String, content: String, error: ClientError
  ) {
    let simulation = ClientSimulation([Servers.once(answer, then: [.close])])
    let seen = Seen()
    simulation.start { client, _ in
      do {
        try await client.perform(ClientRequest(.get, "http://\(ClientSimulation.host)/")) { head, body in
          seen.status = head.status.code
          while let chunk = try await body.read() { seen.content += [UInt8](copying: chunk.bytes) }
        }
      } catch {
        seen.error = error as? ClientError
      }
    }
    #expect(simulation.run())
    #expect(seen.status == 200 && seen.content == Array(content.utf8) && seen.error == error)
    #expect(simulation.finish() == [])
  }

  @Test func `a body that ends with its connection is whole wherever it ends, unless it is reset`() {
    for count in 0...5 {
      let answer = "HTTP/1.0 200 OK\r\n\r\n" + "hello".prefix(count)
      let simulation = ClientSimulation([Servers.once(answer, then: [.close])])
      #expect(simulation.outcome() == .answered(200, String("hello".prefix(count))))
      #expect(simulation.finish() == [])
    }
    let simulation = ClientSimulation([
      Servers.once("HTTP/1.0 200 OK\r\n\r\nhel", then: [.pause(nanoseconds: 1000), .reset])
    ])
    #expect(simulation.outcome() == .failed(.connectionLost))
    #expect(simulation.finish() == [])
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, chunked, x\r\n\r\nok",
      "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\n Content-Length: 2\r\n\r\nok", "SSH-2.0-OpenSSH_9\r\n", "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;\u{1}\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    ])
  func `bytes that are no response have an error that says so`(answer: String) throws {
    let simulation = ClientSimulation([Servers.once(answer)])
    let outcome = simulation.outcome()
    guard case .failed(.malformedResponse) = outcome else {
      Issue.record("\(String(describing: outcome))")
      return
    }
    #expect(simulation.finish() == [])
  }

  @Test func `a head without end is given up at the limit`() {
    let lines = (0..<40).map { _ in
      SimulatedPeer.Step.send(Array(String(repeating: "X-Y: z\r\n", count: 1000).utf8))
    }
    let simulation = ClientSimulation([
      SimulatedPeer("endless", steps: [.awaitBytes(1), .send(Array("HTTP/1.1 200 OK\r\n".utf8))] + lines)
    ])
    guard case .failed(.malformedResponse) = simulation.outcome() else {
      Issue.record("an endless head was taken")
      return
    }
    #expect(simulation.finish() == [])
  }

  @Test func `interim answers without end are given up in time`() {
    let early = SimulatedPeer.Step.send(Array("HTTP/1.1 103 Early\r\nLink: x\r\n\r\n".utf8))
    let steps = (0..<200).flatMap { _ in [early, .pause(nanoseconds: 1_000_000_000)] }
    let simulation = ClientSimulation([SimulatedPeer("early", steps: [.awaitBytes(1)] + steps)]) {
      $0.timeouts.total = nil
    }
    #expect(simulation.outcome() == .failed(.timedOut(.head)))
    #expect((44.9...45.1).contains(simulation.elapsed), "sixteen buy time, the seventeenth none")
    #expect(simulation.finish() == [])
    // A few say that the server is at work.
    let working = (0..<3).flatMap { _ in [early, .pause(nanoseconds: 19_000_000_000)] }
    let answer = SimulatedPeer.Step.send(Array(Servers.ok("late").utf8))
    let late = ClientSimulation([SimulatedPeer("late", steps: [.awaitBytes(1)] + working + [answer])])
    #expect(late.outcome() == .answered(200, "late"))
    #expect(late.finish() == [])
  }

  @Test func `each phase has its own time-out`() {
    // Nothing comes.
    let silent = ClientSimulation([Servers.silent()])
    #expect(silent.outcome() == .failed(.timedOut(.head)))
    #expect((29.9...30.1).contains(silent.elapsed))
    #expect(silent.finish() == [])
    // The head comes a byte at a time.
    let slow = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8).flatMap {
      [SimulatedPeer.Step.send([$0]), .pause(nanoseconds: 2_000_000_000)]
    }
    let loris = ClientSimulation([SimulatedPeer("loris", steps: [.awaitBytes(1)] + slow)])
    #expect(loris.outcome() == .failed(.timedOut(.head)))
    #expect((29.9...30.1).contains(loris.elapsed), "a byte now and then is no progress of a head")
    #expect(loris.finish() == [])
    // The body stops.
    let stopped = ClientSimulation([Servers.once("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")]) {
      $0.timeouts.idleRead = .seconds(7)
    }
    #expect(stopped.outcome() == .failed(.timedOut(.body)))
    #expect((6.9...7.1).contains(stopped.elapsed))
    #expect(stopped.finish() == [])
    // The body comes, but for too long.
    let drops = (0..<90).flatMap { _ in [SimulatedPeer.Step.send([120]), .pause(nanoseconds: 1_000_000_000)] }
    let slowBody = ClientSimulation([
      SimulatedPeer(
        "slow",
        steps: [.awaitBytes(1), .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n".utf8))] + drops)
    ])
    #expect(slowBody.outcome() == .failed(.timedOut(.total)))
    #expect((59.9...60.1).contains(slowBody.elapsed))
    #expect(slowBody.finish() == [])
    // The connect does not end.
    let lost = ClientSimulation(
      [Servers.silent()], world: { $0.connectNanoseconds = 90_000_000_000...90_000_000_000 })
    #expect(lost.outcome() == .failed(.timedOut(.connect)))
    #expect((4.9...5.1).contains(lost.elapsed))
    #expect(lost.finish() == [])
  }

  @Test func `a connect to an address without a listener fails`() {
    let simulation = ClientSimulation([])
    guard case .failed(.connectFailed) = simulation.outcome() else {
      Issue.record("connected to nobody")
      return
    }
    #expect(simulation.finish() == [])
  }

  @Test func `a line that is full is told at once, one that does not move in time`() {
    let simulation = ClientSimulation([Servers.silent()]) {
      $0.connectionsPerHost = 1
      $0.waiters = 1
    }
    for number in 0..<3 { simulation.ask(number) }
    #expect(simulation.run())
    #expect(simulation.outcomes[0] == .failed(.timedOut(.head)))
    #expect(simulation.outcomes[1] == .failed(.timedOut(.poolWait)))
    #expect(simulation.outcomes[2] == .failed(.poolFull))
    #expect(simulation.finish() == [])
  }

  @Test func `a core that ends tells its requests`() {
    let simulation = ClientSimulation([Servers.silent(), Servers.silent()]) { $0.connectionsPerHost = 2 }
    for number in 0..<4 { simulation.ask(number) }
    simulation.pass(.seconds(1))
    #expect(simulation.finish() == [])
    for number in 0..<4 { #expect(simulation.outcomes[number] == .failed(.shutDown)) }
  }

  @Test func `cancelling ends a request in every phase, and the requests behind it proceed`() {
    for moment in 0..<40 {
      let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
      func server() -> SimulatedPeer {
        SimulatedPeer(
          "slow",
          steps: (1...3).flatMap { number in
            [
              .awaitBytes(number * Servers.requestBytes), .pause(nanoseconds: 1_000_000),
              .send(Array(answer.utf8)),
              .pause(nanoseconds: 1_000_000), .send(Array("ok".utf8)),
            ]
          })
      }
      let simulation = ClientSimulation([server(), server()], { $0.connectionsPerHost = 1 }) {
        $0.connectNanoseconds = 1_000_000...1_000_000
        $0.turnNanoseconds = 100_000...100_000
      }
      let task = simulation.ask(0)
      simulation.ask(1)
      let cancelled = simulation.ask(2)
      for _ in 0..<moment { simulation.turn() }
      task.cancel()
      cancelled.cancel()
      #expect(simulation.run())
      #expect(simulation.outcomes[0] == .cancelled || simulation.outcomes[0] == .answered(200, "ok"))
      #expect(simulation.outcomes[1] == .answered(200, "ok"), "at \(moment)")
      #expect(simulation.finish() == [], "at \(moment)")
    }
  }
}

/// What a reader has had of an answer. Touched on the simulated core alone.
private final class Seen: @unchecked Sendable {
  var status: UInt16 = 0
  var content: [UInt8] = []
  var error: ClientError?
}

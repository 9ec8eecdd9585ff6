// Handlers that misbehave, in virtual time: what the peer gets, what is counted, and that
// nothing is left of them.

import ApusEngine
import ApusRing
import ApusTestSupport
import ApusTesting
import ApusWire
import Testing

/// Errors of bodies are answered with their status, all others with 500.
func plainRules() -> AnswerRules {
  AnswerRules(refuse: { (error: any Error, _: Response?, _: borrowing Request) in
    Response(status: (error as? BodyError)?.status ?? (error as? AnswerError)?.status ?? 500)
  })
}

/// Runs every request's handler as a task.
func asynchronous(_ handler: @escaping AsynchronousHandler) -> Handler {
  let endpoint = AsynchronousEndpoint(handler, plainRules())
  return Handler(
    plan: { _ in .collect(upTo: 1 << 20) },
    respond: { request in
      guard let core = Core.current else { preconditionFailure("not on a core") }
      return core.answer(request, endpoint)
    })
}

func streaming(_ handler: @escaping ExchangeHandler) -> Handler {
  let rules = plainRules()
  return Handler(
    plan: { _ in .stream },
    respond: { request in
      guard let core = Core.current else { preconditionFailure("not on a core") }
      return core.stream(request, rules, handler)
    })
}

/// Counts what handlers came to; one thread uses it.
private final class Tally: @unchecked Sendable {
  var started = 0
  var ended = 0
}

@Suite struct BadHandlerTests {
  @Test func `a handler that outlives its peer holds no slot, and its exchange goes when it ends`() {
    let tally = Tally()
    var scenario = Scenario(
      handler: asynchronous { _ in
        tally.started += 1
        // Deaf to its cancellation.
        await Core.current?.executor.sleep(for: .seconds(10))
        tally.ended += 1
        return Response(status: 200)
      })
    scenario.add(SimulatedPeer(steps: [.send(get("1")), .pause(.seconds(1)), .reset]))
    scenario.simulation.run(for: .seconds(2))
    #expect(tally.started == 1)
    #expect(scenario.openCount == 0)
    #expect(scenario.count(.peerReset) == 1)
    #expect(scenario.simulation.reactor.core.exchanges.heldCount == 1)
    scenario.simulation.run(for: .seconds(9))
    #expect(tally.ended == 1)
    #expect(scenario.simulation.reactor.core.exchanges.heldCount == 0)
    scenario.end()
  }

  @Test func `a reset that comes along with a request ends its handler within an idle time-out`() {
    // Of two resets one destroys the request, too: some seeds, so that some do not.
    var started = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      let tally = Tally()
      var scenario = Scenario(
        handler: asynchronous { request in
          if text(request.query) == "0" { return Response(status: 200) }
          tally.started += 1
          defer { tally.ended += 1 }
          try await Task.sleep(for: .seconds(3600))
          return Response(status: 200)
        }
      ) {
        $0.seed = seed
        $0.faults = .only(.deafReceive, 1)
      }
      let peer = SimulatedPeer(steps: [
        .send(get("1")), .awaitAnswers(1), .pause(.seconds(1)), .send(get("2", size: 1)), .reset,
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(78))
      #expect(scenario.openCount == 0 && scenario.count(.peerReset) == 1)
      #expect(tally.ended == tally.started)
      started += tally.started
      scenario.end()
    }
    #expect(started > 0)
  }

  @Test func `a handler that takes too long is answered for, and what it says later is dropped`() {
    var timeouts = Timeouts()
    timeouts.answer = .seconds(5)
    var scenario = Scenario(
      timeouts: timeouts,
      handler: asynchronous { _ in
        await Core.current?.executor.sleep(for: .seconds(60))
        return Response(status: 200)
      })
    let peer = SimulatedPeer(steps: [.send(get("1") + get("2"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(70))
    #expect(peer.answers.map(\.status) == [503])
    #expect(scenario.count(.answerTimeout) == 1)
    if let answeredAt = scenario.seconds(peer.answers.first?.time) { #expect((5...5.1).contains(answeredAt)) }
    scenario.end()
  }

  @Test func `a peer that half-closed is waited for, but not for ever`() {
    var scenario = Scenario(
      handler: asynchronous { request in
        let seconds = Int(text(request.query)) ?? 0
        await Core.current?.executor.sleep(for: .seconds(seconds))
        return Response(status: 200)
      })
    let patient = SimulatedPeer("patient", steps: [.send(get("1", size: 20)), .halfClose])
    let gone = SimulatedPeer("gone", steps: [.send(get("2", size: 40)), .halfClose])
    scenario.add(patient)
    scenario.add(gone)
    scenario.simulation.run(for: .seconds(50))
    #expect(patient.answers.map(\.status) == [200])
    #expect(gone.answers.isEmpty)
    #expect(scenario.openCount == 0)
    #expect(scenario.count(.peerFinished) == 2)
    scenario.end()
  }

  @Test func `the beginning of an answer is not taken for all of it when that time is over`() {
    for version in ["1.0", "1.1"] {
      var scenario = Scenario(
        handler: streaming { _, exchange in
          try exchange.start(Response(status: 200), length: nil)
          try await exchange.write(BodyChunk(copying: "half".utf8.span))
          try await Task.sleep(for: .seconds(100))
          try exchange.finish(trailers: [])
        })
      let peer = SimulatedPeer(steps: [.send("GET / HTTP/\(version)\r\nHost: a\r\n\r\n"), .halfClose])
      peer.closesAtEnd = false
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(50))
      #expect(peer.answers.isEmpty && peer.endedAt == nil && scenario.seconds(peer.resetAt) == 30)
      #expect(scenario.count(.peerFinished) == 1)
      scenario.end()
    }
  }

  @Test func `requests pipelined behind a suspended handler wait raw, bounded, and are answered in order`() {
    let tally = Tally()
    var scenario = Scenario(
      handler: asynchronous { request in
        tally.started += 1
        if tally.started == 1 { await Core.current?.executor.sleep(for: .seconds(1)) }
        return Response(status: 200, body: .text(text(request.path)))
      })
    let count = 10_000
    let peer = SimulatedPeer(steps: (0..<count).map { .send(get("\($0)")) } + [.awaitAnswers(count), .close])
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(900))
    #expect(tally.started == 1)
    // 64 KiB and what was on its way, in a block of the next size.
    #expect(scenario.heldBytes <= 264 << 10)
    scenario.simulation.run(for: .seconds(30))
    expectSame(peer.answers.map(\.text), (0..<count).map { "/n/\($0)" })
    scenario.end()
  }

  @Test func `a peer that stalls in a body is told so once the handler waits for it`() {
    var scenario = Scenario(
      handler: streaming { _, exchange in
        await Core.current?.executor.sleep(for: .seconds(100))
        while try await exchange.read() != nil {}
        exchange.send(Response(status: 200))
      })
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 100) + "half")])
    scenario.add(peer)
    // A slow handler is not its peer's fault.
    scenario.simulation.run(for: .seconds(109))
    #expect(peer.answers.isEmpty)
    scenario.simulation.run(for: .seconds(3))
    #expect(peer.answers.map(\.status) == [408])
    #expect(scenario.count(.bodyTimeout) == 1)
    scenario.end()
  }

  @Test func `a handler that runs on after its response delays the connection no longer`() {
    let tally = Tally()
    var scenario = Scenario(
      handler: streaming { _, exchange in
        exchange.send(Response(status: 200))
        await Core.current?.executor.sleep(for: .seconds(5))
        do { _ = try await exchange.read() } catch { tally.ended += 1 }
      })
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 4) + "body"), .send(get("2")), .send(get("3"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1))
    #expect(peer.answers.map(\.status) == [200, 200, 200])
    #expect(scenario.simulation.reactor.core.exchanges.heldCount == 3)
    scenario.simulation.run(for: .seconds(10))
    #expect(scenario.simulation.reactor.core.exchanges.heldCount == 0)
    scenario.end()
  }

  @Test func `a writer that its peer does not read is bounded, and ends with the connection`() {
    let tally = Tally()
    var scenario = Scenario(
      handler: streaming { _, exchange in
        try exchange.start(Response(status: 200), length: nil)
        do {
          while true {
            try exchange.write(copying: [UInt8](repeating: 1, count: 10_000).span)
            try await exchange.didWrite()
            tally.started += 1
          }
        } catch {
          tally.ended += 1
          throw error
        }
      })
    let peer = SimulatedPeer(steps: [.setReading(.never), .send(get("1"))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect((5...60).contains(tally.started))
    #expect(scenario.heldBytes <= 264 << 10)
    scenario.simulation.run(for: .seconds(100))
    #expect(scenario.count(.sendTimeout) == 1)
    #expect(tally.ended == 1)
    scenario.end()
  }

  @Test func `handlers that sleep through the drain are cancelled at its deadline`() {
    let tally = Tally()
    var scenario = Scenario(
      handler: asynchronous { _ in
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          tally.ended += 1
          throw error
        }
        return Response(status: 200)
      })
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.add(SimulatedPeer(steps: [.send(get("2"))]))
    scenario.simulation.run(for: .seconds(1))
    scenario.end()
    #expect(tally.ended == 2)
    #expect(scenario.count(.drainForced) == 2)
  }
}

// A drain as handlers see it, and answers that have no end of their own: a deploy does not wait for them.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct DrainedStreamTests {
  /// What handlers wrote down. One thread uses it.
  private final class Notes: @unchecked Sendable {
    var lines: [String] = []
    var sentCount = 0
  }

  private static func scenario(_ notes: Notes = Notes()) throws -> ProxyScenario {
    try ProxyScenario(
      [],
      routes: { router in
        router.events("/events") { _, events in
          do {
            while true {
              try await events.send("tick")
              notes.sentCount += 1
              try await Task.sleep(for: .seconds(1))
            }
          } catch {
            notes.lines.append("\(type(of: error))")
            throw error
          }
        }
        router.events("/own", endsAtDrain: false) { _, events in
          while !events.isDraining {
            try await events.send("tick")
            try await Task.sleep(for: .seconds(1))
          }
          try await events.send("end", event: "bye")
        }
        router.on(.get, "/flow") { request, _, sender in
          let drain = request.drain
          var writer = try sender.start()
          try await writer.write("begun,")
          try await drain.wait()
          try await writer.write(writer.isDraining ? "drained" : "serving")
          try writer.finish()
        }
        router.get("/poll") { request in
          let news = try await request.drain.interrupting {
            try await Task.sleep(for: .seconds(60))
            return "news"
          }
          return .text(news ?? "again")
        }
        router.get("/now") { request in .text("\(request.isDraining)") }
      })
  }

  /// Drains after 5 s, and answers how much longer the core went on.
  private static func drain(_ scenario: inout ProxyScenario) -> Double {
    scenario.run(for: .seconds(5))
    scenario.simulation.drain()
    let finished = scenario.simulation.finish()
    #expect(finished)
    let wasForced = scenario.simulation.reactor.drainForced
    #expect(!wasForced)
    let findings = scenario.simulation.audit()
    #expect(findings == [])
    return scenario.simulation.finishedAt.map { scenario.seconds($0) - 5 } ?? 1000
  }

  @Test func `a stream of events ends with the drain, as a whole response, and delays no other`() throws {
    let notes = Notes()
    var scenario = try Self.scenario(notes)
    let client = scenario.ask(Heads.front("/events"))
    let rest = Self.drain(&scenario)
    #expect(rest < 0.1, "\(rest) s")
    #expect(client.answers.map(\.status) == [200])
    #expect(client.answers.first?.text.hasPrefix("data: ") == true)
    #expect(client.trailingCount == 0 && client.resetAt == nil && client.endedAt != nil)
    #expect(notes.lines == ["CancellationError"])
  }

  @Test func `a slow reader of events gets all that was sent before the drain`() throws {
    let notes = Notes()
    var scenario = try Self.scenario(notes)
    let client = scenario.ask(Heads.front("/events"))
    client.reading = .slow(bytes: 20, every: 200_000_000)
    client.windowBytes = 50
    let rest = Self.drain(&scenario)
    #expect(rest < 10, "\(rest) s")
    #expect(client.answers.first?.text == String(repeating: "data: tick\n\n", count: notes.sentCount))
    #expect(notes.sentCount >= 5)
  }

  @Test func `events that are asked for while the core drains begin, and end at once`() throws {
    var scenario = try Self.scenario()
    let client = scenario.ask(
      Heads.front("/now"), then: [.pause(.milliseconds(5500)), .send(Heads.front("/events"))])
    let rest = Self.drain(&scenario)
    #expect(rest < 0.6, "\(rest) s")
    #expect(client.answers.map(\.text) == ["false", ""])
    #expect(client.answers.last?.closes == true)
  }

  @Test func `a handler that wants the last word has it`() throws {
    var scenario = try Self.scenario()
    let client = scenario.ask(Heads.front("/own"))
    let rest = Self.drain(&scenario)
    #expect(rest < 1.1, "\(rest) s")
    #expect(client.answers.first?.text.hasSuffix("event: bye\ndata: end\n\n") == true)
  }

  @Test func `a writer, a long poll and a plain handler see the drain`() throws {
    var scenario = try Self.scenario()
    let clients = ["/flow", "/poll", "/now"].map { scenario.ask(Heads.front($0)) }
    let late = scenario.ask(
      Heads.front("/now"), then: [.pause(.milliseconds(5500)), .send(Heads.front("/now"))])
    let rest = Self.drain(&scenario)
    #expect(rest < 1.1, "\(rest) s")
    #expect(clients.map { $0.answers.first?.text } == ["begun,drained", "again", "false"])
    #expect(late.answers.map(\.text) == ["false", "true"])
  }

  @Test(arguments: ["/events", "/own"])
  func `a client of events that sends a FIN has its stream ended at once`(_ target: String) throws {
    let notes = Notes()
    var scenario = try Self.scenario(notes)
    let client = scenario.ask(
      Heads.front(target), then: [.pause(.milliseconds(2500)), .halfClose])
    client.closesAtEnd = false
    scenario.run(for: .milliseconds(2600))
    #expect(client.answers.map(\.status) == [200])
    #expect(client.endedAt.map { scenario.seconds($0) } == 2.5 && client.resetAt == nil)
    let (held, open) = (
      scenario.simulation.reactor.core.exchanges.heldCount, scenario.simulation.reactor.table.openCount
    )
    #expect(held == 0 && open == 0)
    scenario.end()
  }

  @Test func `a FIN ends the wait for a drain only with the half-closed time, a reset at once`() throws {
    var scenario = try Self.scenario()
    let patient = scenario.ask(Heads.front("/poll"), then: [.halfClose])
    let gone = scenario.ask(Heads.front("/poll"), then: [.pause(.seconds(1)), .reset])
    scenario.run(for: .seconds(2))
    #expect(gone.resetAt != nil)
    let heldBefore = scenario.simulation.reactor.core.exchanges.heldCount
    scenario.run(for: .seconds(100))
    let heldAfter = scenario.simulation.reactor.core.exchanges.heldCount
    #expect(heldBefore == 1 && heldAfter == 0)
    #expect(patient.endedAt.map { scenario.seconds($0) } == 30)
    scenario.end()
  }
}

@Suite struct DrainSignalTests {
  @Test func `each waiting task, on any thread, is resumed once or cancelled once`() async {
    let signal = DrainSignal()
    let told = Lock(0)
    let cancelled = Lock(0)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<200 {
        group.addTask {
          let waiting = Task {
            do {
              try await signal.wait()
              told.withLock { $0 += 1 }
            } catch {
              cancelled.withLock { $0 += 1 }
            }
          }
          if number.isMultiple(of: 2) { waiting.cancel() }
          await waiting.value
        }
      }
      group.addTask {
        while cancelled.withLock({ $0 }) < 100 { await Task.yield() }
        signal.begin()
      }
    }
    #expect(told.withLock { $0 } == 100)
    #expect(cancelled.withLock { $0 } == 100)
    #expect(signal.isDraining)
    await #expect(throws: Never.self) { try await signal.wait() }
  }
}

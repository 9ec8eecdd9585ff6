// ErrorStage: a core in the simulated world whose errors are told to a recorder, and the clients that ask it.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

struct ErrorStage: ~Copyable {
  /// What `onError` heard.
  final class Heard: Sendable {
    struct Failure: Equatable {
      let error: String
      let status: UInt16
      let route: String?
      let hadBegun: Bool
      let id: String
    }

    let failures = Lock<[Failure]>([])
    var all: [Failure] { failures.withLock { $0 } }
  }

  private(set) var simulation: Simulation
  let events: LogRecorder.Events
  let heard = Heard()

  init(_ router: Router, timeouts: Timeouts = Timeouts()) throws {
    let (logger, events) = LogRecorder.make()
    self.events = events
    var configuration = Server.Configuration()
    let heard = heard
    configuration.onError = { (request: borrowing Request, failure) in
      let entry = Heard.Failure(
        error: "\(failure.error)", status: failure.status.code, route: failure.route,
        hadBegun: failure.answerHadBegun, id: request.id)
      heard.failures.withLock { $0.append(entry) }
    }
    simulation = Simulation(
      SimulatedKernel.Configuration(),
      handler: try router.makeHandler(
        collectBytes: 1 << 20, reporter: ErrorReporter(configuration.onError, logger)),
      timeouts: timeouts)
  }

  /// A client that sends `text`, and what follows.
  mutating func ask(
    _ text: String, methods: [String] = ["GET"], then steps: [SimulatedPeer.Step] = [],
    for duration: Duration = .seconds(5)
  ) -> SimulatedPeer {
    let peer = SimulatedPeer("client", methods: methods, steps: [.send(Array(text.utf8))] + steps)
    simulation.kernel.add(peer)
    simulation.run(for: duration)
    return peer
  }

  func add(_ peer: SimulatedPeer) { simulation.kernel.add(peer) }
  mutating func run(for duration: Duration) { simulation.run(for: duration) }

  mutating func get(_ target: String) -> SimulatedPeer { ask("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") }

  /// Requests that nobody was answered.
  var unanswered: UInt64 { simulation.reactor.table.counters.unanswered }
  var errorCount: UInt64 { simulation.reactor.core.exchanges.errorCount }

  /// Drains, ends, and finds nothing left.
  mutating func end(sourceLocation: SourceLocation = #_sourceLocation) {
    simulation.drain()
    let finished = simulation.finish()
    #expect(finished, "the core does not end", sourceLocation: sourceLocation)
    let findings = simulation.audit()
    #expect(findings == [], sourceLocation: sourceLocation)
  }
}

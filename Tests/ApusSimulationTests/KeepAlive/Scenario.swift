// Scenario: a simulation without faults for tests of one rule each, and the requests that they send.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// A core with the default limits and timeouts unless the test says otherwise.
struct Scenario: ~Copyable {
  var simulation: Simulation
  let ledger: Ledger
  var kernel: SimulatedKernel { simulation.kernel }

  init(
    limits: Limits = Limits(), timeouts: Timeouts = Timeouts(), announcedTimeout: UInt16? = nil,
    roles: [ListenerRole] = [], handler: Handler? = nil, accessLog: AccessLogConfiguration? = nil,
    _ configure: (inout SimulatedKernel.Configuration) -> Void = { _ in }
  ) {
    var configuration = SimulatedKernel.Configuration()
    configure(&configuration)
    let ledger = Ledger()
    self.ledger = ledger
    simulation = Simulation(
      configuration, handler: handler ?? numberedHandler(ledger), limits: limits, timeouts: timeouts,
      announcedTimeout: announcedTimeout, accessLog: accessLog, roles: roles)
  }

  func add(_ peer: SimulatedPeer, after delay: Duration = .zero) {
    kernel.add(peer, after: delay.inNanoseconds)
  }

  func count(_ reason: CloseReason) -> UInt64 { simulation.reactor.table.counters[reason] }
  var openCount: Int { simulation.reactor.table.openCount }
  var drainWasForced: Bool { simulation.reactor.drainForced }
  var heldBytes: Int { mutating get { simulation.reactor.table.heldBytes } }

  /// Seconds since the start; nil stays nil.
  func seconds(_ time: Instant?) -> Double? {
    time.map { Double($0.nanoseconds - kernel.configuration.start.nanoseconds) / 1e9 }
  }

  /// Drains, ends, and finds nothing left.
  mutating func end(sourceLocation: SourceLocation = #_sourceLocation) {
    simulation.drain()
    let finished = simulation.finish()
    #expect(finished, "the core does not end", sourceLocation: sourceLocation)
    let findings = simulation.audit()
    #expect(findings == [], sourceLocation: sourceLocation)
  }
}

extension SimulatedPeer.Step {
  static func send(_ text: String) -> SimulatedPeer.Step { .send(Array(text.utf8)) }
  static func pause(_ duration: Duration) -> SimulatedPeer.Step {
    .pause(nanoseconds: duration.inNanoseconds)
  }
}

/// The same steps again and again.
func repeated(_ count: Int, _ steps: (Int) -> [SimulatedPeer.Step]) -> [SimulatedPeer.Step] {
  (0..<count).flatMap(steps)
}

func get(_ number: String, size: Int = 0, fields: String = "") -> String {
  "GET /n/\(number)?\(size) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}

func post(_ number: String, bytes count: Int, path: String = "n", fields: String = "") -> String {
  "POST /\(path)/\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\(fields)\r\n"
}

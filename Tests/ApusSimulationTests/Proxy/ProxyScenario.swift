// ProxyScenario: a core that proxies everything, with simulated clients in front of it and
// simulated servers behind.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

struct ProxyScenario: ~Copyable {
  var simulation: Simulation
  var kernel: SimulatedKernel { simulation.kernel }

  /// Connects reach `servers` in their order.
  init(
    _ servers: [SimulatedPeer], seed: UInt64 = 1, faults: Faults = .none, limits: Limits = Limits(),
    timeouts: Timeouts = Timeouts(), accessLog: AccessLogConfiguration? = nil,
    _ configure: (inout ProxyConfiguration) -> Void = { _ in },
    wrapped: Bool = false, routes: (inout Router) -> Void = { _ in },
    world: (inout SimulatedKernel.Configuration) -> Void = { _ in }
  ) throws {
    var configuration = SimulatedKernel.Configuration(seed: seed, faults: faults)
    configuration.ownSlotCount = 64
    world(&configuration)
    var proxy = ProxyConfiguration(upstreams: ["http://10.0.0.1"])
    proxy.forwarded = []
    configure(&proxy)
    var router = Router()
    if wrapped { router.intercept(Passing()) }
    routes(&router)
    router.proxy("/", proxy)
    simulation = Simulation(
      configuration, handler: try router.makeHandler(collectBytes: 1 << 20), limits: limits,
      timeouts: timeouts, accessLog: accessLog)
    for server in servers { kernel.serve(server) }
  }

  /// A client that sends these bytes.
  @discardableResult
  func ask(_ text: String, method: String = "GET", then steps: [SimulatedPeer.Step] = []) -> SimulatedPeer {
    let peer = SimulatedPeer("client", methods: [method], steps: [.send(text)] + steps)
    kernel.add(peer)
    return peer
  }

  mutating func run(for duration: Duration = .seconds(5)) { simulation.run(for: duration) }

  /// Seconds since the start.
  func seconds(_ time: Instant) -> Double {
    Double(time.nanoseconds - kernel.configuration.start.nanoseconds) / 1e9
  }

  /// What stands of `failure` in the core's counters.
  func count(_ failure: RelayFailure) -> UInt64 { simulation.reactor.table.counters[failure] }

  /// Ends the core, and finds nothing left.
  mutating func end(sourceLocation: SourceLocation = #_sourceLocation) {
    simulation.stop()
    let finished = simulation.finish()
    #expect(finished, "the core does not end", sourceLocation: sourceLocation)
    let findings = simulation.audit()
    #expect(findings == [], sourceLocation: sourceLocation)
  }
}

/// A middleware that changes nothing, but makes a task of whatever it stands around.
private struct Passing: Middleware {
  func intercept(input: borrowing Request, next: Next) async throws -> Response { try await next(input) }
}

/// Heads as a client sends them, and as the server gets them.
enum Heads {
  static func front(_ target: String = "/x", _ method: String = "GET", _ more: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: front\r\n\(more)\r\n"
  }

  static func behind(_ target: String = "/x", _ method: String = "GET", _ more: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: 10.0.0.1\r\n\(more)\r\n"
  }
}

extension SimulatedPeer {
  /// A server that answers the first request, of so many bytes.
  static func server(after bytes: Int, _ steps: [Step]) -> SimulatedPeer {
    SimulatedPeer("server", steps: [.awaitBytes(bytes)] + steps)
  }

  /// The same for a GET of `/x` without more.
  static func server(_ steps: [Step]) -> SimulatedPeer {
    server(after: Heads.behind().utf8.count, steps)
  }

  var receivedText: String { String(decoding: received, as: UTF8.self) }
}

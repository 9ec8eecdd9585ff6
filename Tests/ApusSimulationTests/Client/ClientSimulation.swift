// ClientSimulation: a client on a simulated core, against peers that play servers, in virtual time.

import Apus
import ApusEngine
import ApusRing
import ApusTesting

/// What a request came to.
enum Outcome: Sendable, Equatable {
  case answered(UInt16, String)
  case failed(ClientError)
  case cancelled
}

/// Outcomes by the number of the request.
final class Outcomes: Sendable {
  private let list = Lock<[Int: Outcome]>([:])
  private let number: Lock<(started: Int, ended: Int)> = Lock((0, 0))

  subscript(number: Int) -> Outcome? { list.withLock { $0[number] } }
  var all: [Int: Outcome] { list.withLock { $0 } }
  var isOver: Bool { number.withLock { $0.started == $0.ended } }

  func begin() { number.withLock { $0.started += 1 } }
  func end() { number.withLock { $0.ended += 1 } }
  func note(_ index: Int, _ outcome: Outcome) { list.withLock { $0[index] = outcome } }
}

final class ClientSimulation {
  let client: Client
  let outcomes = Outcomes()
  private var simulation: Simulation
  let kernel: SimulatedKernel

  static let host = "10.0.0.1"

  /// `http` or `https`.
  let scheme: String

  init(
    _ servers: [SimulatedPeer], seed: UInt64 = 1, faults: Faults = .none, addresses: Int = 1,
    isSecured: Bool = false,
    _ configure: (inout Client.Configuration) -> Void = { _ in },
    world: (inout SimulatedKernel.Configuration) -> Void = { _ in }
  ) {
    var configuration = SimulatedKernel.Configuration(seed: seed, faults: faults)
    configuration.slotCount = 1
    configuration.ownSlotCount = 64
    world(&configuration)
    let nobody = Handler(
      plan: { _ in preconditionFailure("nobody asks") }, respond: { _ in preconditionFailure("nobody asks") })
    simulation = Simulation(configuration, handler: nobody)
    kernel = simulation.kernel
    scheme = isSecured ? "https" : "http"
    for (index, server) in servers.enumerated() {
      if isSecured { server.security = PeerSecurity(.server, seed: seed &* 31 &+ UInt64(index)) }
      kernel.serve(server)
    }
    var clientConfiguration = Client.Configuration()
    if isSecured { clientConfiguration.security = SimulatedConnector.security(seed: seed) }
    configure(&clientConfiguration)
    client = Client(
      clientConfiguration,
      addresses: [
        Self.host: (1...addresses).map { SocketAddress.numeric(host: "10.0.0.\($0)", port: 80)! }
      ])
  }

  /// Starts a task on the core.
  @discardableResult
  func start(_ body: @escaping @Sendable (Client, Outcomes) async -> Void) -> Task<Void, Never> {
    let (client, outcomes) = (client, outcomes)
    outcomes.begin()
    return simulation.start {
      await body(client, outcomes)
      outcomes.end()
    }
  }

  /// Starts a request; what it comes to is `outcomes[number]`.
  @discardableResult
  func ask(
    _ number: Int = 0, _ path: String = "/", _ change: (inout ClientRequest) -> Void = { _ in }
  ) -> Task<Void, Never> {
    var request = ClientRequest(.get, "\(scheme)://\(Self.host)\(path)")
    change(&request)
    let asked = request
    return start { client, outcomes in outcomes.note(number, await Self.outcome(client, asked)) }
  }

  static func outcome(_ client: Client, _ request: ClientRequest) async -> Outcome {
    do {
      let response = try await client.send(request)
      return .answered(response.status.code, response.text)
    } catch let error as ClientError {
      return .failed(error)
    } catch {
      return .cancelled
    }
  }

  /// Lets time pass until every task has ended; false if some have not by then.
  func run(within duration: Duration = .seconds(300)) -> Bool {
    let limit = Instant(
      nanoseconds: kernel.now.nanoseconds + UInt64(duration.components.seconds) * 1_000_000_000)
    kernel.horizon = limit
    while !outcomes.isOver, kernel.now < limit { simulation.turn() }
    kernel.horizon = Instant(nanoseconds: .max)
    return outcomes.isOver
  }

  func turn() { simulation.turn() }
  func pass(_ duration: Duration) { simulation.run(for: duration) }
  /// Seconds since the start.
  var elapsed: Double { simulation.elapsed }

  /// Ends the core; what is wrong then.
  func finish() -> [String] {
    simulation.stop()
    guard simulation.finish() else { return ["the core does not end"] }
    return simulation.audit()
  }

  /// One request alone.
  func outcome(_ change: (inout ClientRequest) -> Void = { _ in }) -> Outcome? {
    ask(0, "/", change)
    _ = run()
    return outcomes[0]
  }
}

/// Servers by what they do.
enum Servers {
  static let requestBytes = request("/").utf8.count

  /// The request as the client makes it.
  static func request(_ target: String, _ method: String = "GET", _ more: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: \(ClientSimulation.host)\r\nUser-Agent: Apus\r\n\(more)\r\n"
  }

  /// Sends these bytes once a request is here, then does this.
  static func once(_ answer: String, then steps: [SimulatedPeer.Step] = []) -> SimulatedPeer {
    SimulatedPeer("server", steps: [.awaitBytes(requestBytes), .send(Array(answer.utf8))] + steps)
  }

  /// Answers any number of requests alike.
  static func always(_ answer: String, requestBytes: Int = requestBytes, limit: Int? = nil) -> SimulatedPeer {
    SimulatedPeer(
      "server",
      steps: [
        .serve(
          SimulatedService(requestBytes: requestBytes, answers: [Array(answer.utf8)], requestLimit: limit))
      ])
  }

  static func silent() -> SimulatedPeer { SimulatedPeer("silent", steps: [.awaitBytes(.max)]) }

  static func ok(_ body: String, _ more: String = "") -> String {
    "HTTP/1.1 200 OK\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

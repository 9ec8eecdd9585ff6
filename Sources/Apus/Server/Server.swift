// Server: from a router and a configuration to cores that serve. All that can fail does so here, before the first
// connection.

import ApusEngine
import ApusRing
public import Logging

/// A server for one address.
///
/// ```swift
/// var router = Router()
/// router.get("/hello") { _ in .static("Hello, World!") }
/// try Server(router).run()
/// ```
public struct Server: Sendable {
  /// What is answered.
  public let router: Router
  /// How.
  public let configuration: Configuration
  private let logger: Logger

  /// A server that has not started yet.
  public init(
    _ router: Router, configuration: Configuration = Configuration(), logger: Logger = Logger(label: "apus")
  ) {
    self.router = router
    self.configuration = configuration
    self.logger = logger
  }

  /// Serves until SIGTERM or SIGINT, then drains; a second signal ends at once. Blocks the calling thread, which must be
  /// the process's first, before it has started others: it takes the signals over for all of them.
  ///
  /// `whenListening` is called once, on the same thread, when all cores accept connections.
  public func run(
    whenListening: (RunningServer) -> Void = { _ in }
  ) throws(ServerError) -> RunSummary {
    Signals.takeOver()
    let running = try start()
    whenListening(running)
    let signals = CoreThread(name: "apus-signals", processor: nil) {
      _ = Signals.next()
      running.drain()
      _ = Signals.next()
      running.stop()
    }
    signals.detach()
    return running.wait()
  }

  /// Starts the cores and returns once all of them accept connections.
  public func start() throws(ServerError) -> RunningServer {
    if let fault = configuration.limits.fault() ?? configuration.timeouts.fault() {
      throw .badConfiguration(explanation: fault)
    }
    do throws(RingUnavailable) { try KernelRing.selfTest() } catch {
      throw .ringUnavailable(explanation: error.description)
    }
    let processors = processorsToUse()
    let listeners: Listeners
    do throws(ListenError) {
      listeners = try Listeners(
        ListenAddress(host: configuration.host, port: configuration.port), count: processors.count,
        defersAccept: configuration.acceptsWithFirstBytes)
    } catch {
      throw ServerError(error, configuration)
    }
    let plan = CorePlan(configuration, router, cores: processors.count)
    var cores: [Core] = []
    for (index, processor) in processors.enumerated() {
      cores.append(
        Core(index: index, processor: processor, listener: listeners.descriptors[index], plan: plan))
    }
    let running = RunningServer(
      cores: cores, host: configuration.host, port: listeners.port,
      connectionsPerCore: plan.limits.connections)
    // Each is asked once: what it said is gone with the asking.
    var failure: ServerError?
    for core in cores {
      let fault = core.awaitStart()
      failure = failure ?? fault
    }
    if let failure {
      running.stop()
      _ = running.wait()
      throw failure
    }
    logger.info(
      "listening",
      metadata: [
        "host": "\(configuration.host)", "port": "\(listeners.port)", "cores": "\(cores.count)",
        "connections": "\(plan.limits.connections)",
        "descriptors": "\(plan.usesDirectDescriptors ? "direct" : "ordinary")",
      ])
    return running
  }

  private func processorsToUse() -> [Int] {
    let available = availableProcessors()
    switch configuration.cores {
    case .all: return available
    case .count(let count): return Array(available.prefix(max(1, count)))
    }
  }
}

extension ServerError {
  init(_ error: ListenError, _ configuration: Server.Configuration) {
    let host = configuration.host
    switch error {
    case .addressInUse: self = .addressInUse(host: host, port: configuration.port)
    case .permissionDenied: self = .permissionDenied(host: host, port: configuration.port)
    case .addressNotAvailable:
      self = .badAddress(host: host, explanation: "no interface of this machine has that address")
    case .unknownHost: self = .badAddress(host: host, explanation: "the name does not resolve to an address")
    case .failed(let operation, let errno):
      self = .failed(explanation: "\(operation) on \(host):\(configuration.port) failed with errno \(errno)")
    }
  }
}

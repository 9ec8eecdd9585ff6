// Server: from a router and a configuration to cores that serve. All that can fail does so here, before the first
// connection.

import ApusEngine
import ApusRing
import ApusWire
public import Logging

/// A server for one router, on one address or several.
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
  public private(set) var configuration: Configuration
  /// Called once all cores accept connections, by whoever runs the server without a closure of his own: a service's `run()`.
  public var whenListening: (@Sendable (RunningServer) -> Void)?
  private let logger: Logger

  /// Hears of every error that was answered with 5xx, or that came when its answer had begun: see ``Configuration/onError``.
  public var onError: (@Sendable (borrowing Request, RequestFailure) -> Void)? {
    get { configuration.onError }
    set { configuration.onError = newValue }
  }

  /// All routes, in the order they were added.
  public var routes: [RouteDescription] { router.routes }

  /// A server that has not started yet.
  public init(
    _ router: Router, configuration: Configuration = Configuration(), logger: Logger = Logger(label: "apus")
  ) {
    self.router = router
    self.configuration = configuration
    self.logger = logger
    whenListening = nil
  }

  /// Serves until SIGTERM or SIGINT, then drains; a second signal ends at once. Blocks the calling thread, which must be
  /// the process's first, before it has started others: it takes the signals over for all of them, and gives them back when it
  /// returns or throws. That thread is the main actor's: a handler that waits for it waits until the server has ended. Such a
  /// program uses ``start()``.
  ///
  /// With an access log that was opened by its path, SIGHUP opens the file anew (``AccessLogConfiguration/reopen()``). Without one
  /// SIGHUP is not taken over, and ends the process unless somebody has said otherwise (signal(7)). So a terminal that is closed
  /// ends a server without such a log, and leaves one with it running.
  ///
  /// `whenListening` is called once, on the same thread, when all cores accept connections.
  public func run(
    whenListening: (RunningServer) -> Void = { _ in }
  ) throws(ServerError) -> RunSummary {
    let (log, logger) = (configuration.accessLog, logger)
    let signals = Signals(takingOver: [.interrupt, .terminate] + (log?.path == nil ? [] : [.hangUp]))
    let running: RunningServer
    do throws(ServerError) { running = try start() } catch {
      signals.giveBack()
      throw error
    }
    whenListening(running)
    let thread = CoreThread(name: "apus-signals", processor: nil) {
      guard Self.isToldToEnd(signals, log, logger) else { return }
      running.drain()
      guard Self.isToldToEnd(signals, log, logger) else { return }
      running.stop()
    }
    let summary = running.wait()
    signals.end(thread)
    return summary
  }

  /// Waits for a signal that ends the server, and on the way opens the log anew whenever one asks for that; false if the server
  /// has ended without one.
  private static func isToldToEnd(
    _ signals: Signals, _ log: AccessLogConfiguration?, _ logger: Logger
  ) -> Bool {
    while let signal = signals.next() {
      switch signal {
      case .hangUp: if let log { reopen(log, logger) }
      case .interrupt, .terminate: return true
      }
    }
    return false
  }

  private static func reopen(_ log: AccessLogConfiguration, _ logger: Logger) {
    do throws(AccessLogConfiguration.OpenError) {
      try log.reopen()
      logger.notice("the access log was opened anew")
    } catch {
      logger.warning("the access log cannot be opened anew, and goes on as it was: \(error)")
    }
  }

  /// Starts the cores and returns once all of them accept connections.
  public func start() throws(ServerError) -> RunningServer {
    if let fault = configuration.limits.fault() ?? configuration.timeouts.fault()
      ?? configuration.offload.fault()
    {
      throw .badConfiguration(explanation: fault)
    }
    if let name = configuration.serverName, ResponseField(name: "Server", value: name) == nil {
      throw .badConfiguration(explanation: "the server's name cannot stand in a header field")
    }
    let router = self.router.watched(logger)
    let faults = router.faults
    if !faults.isEmpty { throw .badRoutes(faults: faults) }
    do throws(RingUnavailable) { try KernelRing.selfTest() } catch {
      throw .ringUnavailable(explanation: error.description)
    }
    let processors = processorsToUse()
    let listening = try Listening(configuration, cores: processors.count)
    let plan = CorePlan(configurationOfCores, router, cores: processors.count, logger)
    var cores: [Core] = []
    for (index, processor) in processors.enumerated() {
      cores.append(
        Core(index: index, processor: processor, listeners: listening.descriptors[index], plan: plan))
    }
    let running = RunningServer(
      cores: cores, addresses: listening.addresses, files: listening.files, source: plan.metrics,
      offloading: plan.offloading, connectionsPerCore: plan.limits.connections)
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
        "addresses": "\(listening.addresses.map(\.description).joined(separator: " "))",
        "cores": "\(cores.count)",
        "connections": "\(plan.limits.connections)",
        "descriptors": "\(plan.usesDirectDescriptors ? "direct" : "ordinary")",
      ])
    return running
  }

  private var configurationOfCores: Configuration {
    let notice = LogLossNotice(logger)
    var configuration = configuration
    configuration.accessLog?.didLoseLines = { notice.give($0) }
    return configuration
  }

  private func processorsToUse() -> [Int] {
    let available = availableProcessors()
    switch configuration.cores {
    case .all: return available
    case .count(let count): return Array(available.prefix(max(1, count)))
    }
  }
}

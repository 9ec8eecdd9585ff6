// Server: from a router and a configuration to cores that serve. All that can fail does so here,
// before the first connection.

import ApusEngine
import ApusRing
import ApusWire
public import Logging

/// A server for one router, on one address or several.
///
/// ```swift
/// var router = Router()
/// router.get("/hello") { _ in .static("Hello, World!") }
/// let summary = try Server(router).run()
/// ```
public struct Server: Sendable {
  /// The routes that the server answers.
  public let router: Router
  /// The addresses, limits and times of the server.
  public private(set) var configuration: Configuration
  /// Called once all cores accept connections, by whoever runs the server without a closure of his
  /// own: a service's `run()`.
  public var whenListening: (@Sendable (RunningServer) -> Void)?
  private let logger: Logger

  /// Hears of every error that was answered with 5xx, or that came when its answer had begun: see
  /// ``Configuration/onError``.
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

  /// Serves until SIGTERM, SIGINT or SIGQUIT, then drains; a second signal ends the server at once. Neither
  /// waits for ever for a handler in place that does not return: see ``RunningServer/wait()``. It blocks the
  /// calling thread, which is often the main actor's: a handler that waits for the main actor waits until the
  /// server has ended. Such a program uses ``start()``.
  ///
  /// `signals` says what each signal means. At SIGHUP and SIGUSR1, ``SignalPlan/standard`` opens an access
  /// log anew that was opened by its path (``AccessLogConfiguration/reopen()``), and has certificates read
  /// anew (``ServerSecurity/reload()``). Signals belong to the process: the server takes them over before it
  /// starts, and gives them back when this returns or throws. If several servers run, each hears of a signal.
  /// A signal that comes during the start counts as soon as the server listens; a second one then ends the
  /// process.
  ///
  /// `whenListening` is called once, on the same thread, when all cores accept connections.
  public func run(
    signals plan: SignalPlan = .standard, whenListening: (RunningServer) -> Void = { _ in }
  ) throws(ServerError) -> RunSummary {
    let signals = ServerSignals(plan, configuration.accessLog, configuration.security, logger)
    return try signals.whileTaken { () throws(ServerError) in
      let running = try start()
      // First: a signal that comes while `whenListening` runs is the server's, and ends no process.
      signals.serve(running)
      whenListening(running)
      return running.wait()
    }
  }

  /// Starts the cores and returns once all of them accept connections.
  public func start() throws(ServerError) -> RunningServer {
    if let fault = configuration.fault() { throw .badConfiguration(explanation: fault) }
    let router = self.router.watched(logger)
    let faults = router.faults
    if !faults.isEmpty { throw .badRoutes(faults: faults) }
    do throws(RingUnavailable) { try ChosenRing.check() } catch {
      throw .ringUnavailable(explanation: error.description)
    }
    let choice = CoreChoice(
      configuration.cores, available: availableProcessors(),
      quota: ProcessorQuota.current(root: configuration.systemRoot))
    let listening = try Listening(configuration, cores: choice.count)
    let plan = CorePlan(configurationOfCores, router, listening, cores: choice.count, logger)
    let watch = EndWatch(cores: choice.count)
    var cores: [ServerCore] = []
    for (index, processor) in choice.processors.enumerated() {
      cores.append(
        ServerCore(
          index: index, processor: processor, listening: listening, plan: plan, watch: watch))
    }
    let running = RunningServer(
      cores: cores, choice: choice, listening: listening, plan: plan, watch: watch, logger: logger)
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
        "sockets": "\(listening.sockets.map(\.description).joined(separator: " "))",
        "cores": "\(cores.count)", "cores-because": "\(choice.reason)",
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
}

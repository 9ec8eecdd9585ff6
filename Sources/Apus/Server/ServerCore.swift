// ServerCore: one thread with its ring, its connections and its handlers, all made on that thread
// and never seen by another.

import ApusEngine
import ApusRing
import Logging

/// The settings that all cores share. They are decided once.
struct CorePlan: Sendable {
  let configuration: Server.Configuration
  let router: Router
  let limits: Limits
  /// Size of the connection table, and of the ring's file table where descriptors are direct.
  let slots: Int
  let usesDirectDescriptors: Bool
  /// Connections that handlers may open by way of a `Client`.
  let ownConnections: Int
  /// Sockets of a core that may have an ordinary descriptor, at one time, to send a file without a copy.
  let fileSockets: Int
  /// The port that plain listeners redirect to; nil if they serve.
  let redirectPort: UInt16?
  let metrics: MetricsSource
  let reporter: ErrorReporter
  let offloading: OffloadPools

  /// Slots beyond the ceiling of connections: a multishot accept takes the whole backlog in one go, and
  /// drops what finds no slot.
  private static let slack = Int(Listeners.backlog) + 64

  init(
    _ configuration: Server.Configuration, _ router: Router, _ listening: Listening, cores: Int,
    _ logger: Logger
  ) {
    self.configuration = configuration
    self.router = router
    redirectPort = listening.redirectPort(configuration)
    metrics = MetricsSource(cores: cores, security: configuration.security)
    reporter = ErrorReporter(configuration.onError, logger)
    offloading = OffloadPools(configuration.offload)
    usesDirectDescriptors = configuration.usesDirectDescriptors
    let openFiles = ResourceLimits.settleOpenFiles()
    var limits = configuration.limits
    // The limit of open files bounds each ring's table by itself, ordinary descriptors all cores together.
    var share = usesDirectDescriptors ? openFiles : (openFiles - 256) / cores
    ownConnections = max(1, min(ClientTable.connectionLimit, share / 8))
    share -= ownConnections
    fileSockets = min(1024, openFiles / 8 / cores)
    limits.connections = max(1, min(limits.connections, share - min(Self.slack, share / 2)))
    self.limits = limits
    slots = usesDirectDescriptors ? limits.connections + min(Self.slack, share / 2) : openFiles
  }
}

/// A started core, as other threads see it.
final class ServerCore: Sendable {
  private let mailbox: Mailbox
  private let thread: RingThread<CoreOutcome, ServerError>

  init(index: Int, processor: Int?, listening: Listening, plan: CorePlan, watch: EndWatch) {
    let listeners = listening.descriptors[index]
    let areSecured = listening.areSecured
    let link = plan.metrics.links[index]
    let (mailbox, board) = (link.mailbox, link.board)
    self.mailbox = mailbox
    thread = RingThread(name: "apus-core-\(index)", processor: processor) {
      (didStart: () -> Void) throws(ServerError) in
      defer { watch.didEnd(index) }
      do throws(ServerError) {
        return try Self.serve(plan, listeners, areSecured, mailbox, board, didStart)
      } catch {
        // No ring owns the listener, and a port that is still bound could not be listened on again.
        Listeners.close(listeners)
        throw error
      }
    }
  }

  /// Waits until the core serves; answers why it cannot. Once.
  func awaitStart() -> ServerError? { thread.awaitStart() }

  func post(_ order: Mailbox.Orders) { mailbox.post(order) }

  /// Lets the core's thread go on by itself: its handler does not return. Once.
  func leave() { thread.detach() }

  /// Waits until the core has ended. Once.
  func join() -> CoreOutcome { (try? thread.join().get()) ?? CoreOutcome() }

  private static func serve(
    _ plan: CorePlan, _ listeners: [Int32], _ areSecured: [Bool], _ mailbox: Mailbox, _ board: CountersBoard,
    _ didStart: () -> Void
  ) throws(ServerError) -> CoreOutcome {
    let run = try makeRun(plan, areSecured, mailbox, board)
    do throws(RingUnavailable) {
      return try run.serve(ringConfiguration(plan), listeners: listeners, didStart: didStart)
    } catch {
      throw .ringUnavailable(explanation: error.description)
    }
  }

  private static func makeRun(
    _ plan: CorePlan, _ areSecured: [Bool], _ mailbox: Mailbox, _ board: CountersBoard
  ) throws(ServerError) -> CoreRun {
    let configuration = plan.configuration
    var handler: Handler
    do throws(RootError) {
      handler = try plan.router.makeHandler(
        collectBytes: plan.limits.collectBytes, metrics: plan.metrics, reporter: plan.reporter)
    } catch {
      throw .filesUnavailable(explanation: error.description)
    }
    if configuration.learnsPeerAddresses { handler.wantsAddresses = true }
    let core = Core()
    core.ownConnectionLimit = plan.ownConnections
    core.addressBook = configuration.addressBook
    core.offloading = plan.offloading
    let security = configuration.security
    let isSecured = areSecured.contains(true)
    var plainSite: UInt16 = 0
    if isSecured, let port = plan.redirectPort {
      handler = Handler(sites: [handler, SecureRedirect(port: port).handler])
      plainSite = 1
    }
    let roles = areSecured.map { ListenerRole(site: $0 ? 0 : plainSite, isSecured: $0) }
    let makeTable = { [handler] now in
      ConnectionTable(
        slots: plan.slots, handler: handler, limits: plan.limits, timeouts: configuration.timeouts,
        announcedTimeout: configuration.announcedKeepAlive, serverName: configuration.serverName,
        strictTransport: configuration.strictTransport.map { "max-age=\($0.components.seconds)" },
        accessLog: configuration.accessLog,
        roles: isSecured ? roles : [], exchanges: core.exchanges, now: now)
    }
    return CoreRun(
      core, mailbox, board, makeTable: makeTable,
      makeContexts: { SecureContexts(listeners: isSecured ? areSecured.map { $0 ? security : nil } : []) })
  }

  private static func ringConfiguration(_ plan: CorePlan) -> KernelRing.Configuration {
    var ring = KernelRing.Configuration()
    ring.receiveBufferBytes = plan.configuration.receiveBufferBytes
    ring.receiveBufferCount = plan.configuration.receiveBufferCount
    ring.acceptsMultishot = plan.configuration.acceptsMultishot
    if plan.usesDirectDescriptors {
      ring.directDescriptors = UInt32(plan.slots)
      ring.ownDescriptors = UInt32(plan.ownConnections)
      ring.fileSockets = plan.fileSockets
    }
    return ring
  }
}

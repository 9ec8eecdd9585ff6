// RunningServer: a handle on a server whose cores serve.

import ApusEngine
package import ApusRing
import Logging

/// A server that accepts connections, until it is told to drain or stop.
public final class RunningServer: Sendable {
  /// Where it listens, each port the one that was found where the configuration left the choice open.
  public let addresses: [Server.Address]
  /// Connections that each core holds at most: `Limits.connections`, or fewer where the
  /// limit of open files is lower.
  public let connectionsPerCore: Int
  /// Why there are so many cores.
  package let coreReason: String
  /// The TCP sockets of each core, as bound.
  package let sockets: [BoundSocket]
  private let cores: [ServerCore]
  private let files: [SocketFile]
  private let source: MetricsSource
  private let offloading: OffloadPools
  private let watch: EndWatch
  private let security: ServerSecurity?
  /// By which it is told to ask no core any more.
  private let subscription: Int
  /// How long is waited for the cores at most, behind each order.
  private let drainTime: Duration
  private let stopTime: Duration
  private let logger: Logger

  init(
    cores: [ServerCore], choice: CoreChoice, listening: Listening, plan: CorePlan, watch: EndWatch,
    logger: Logger
  ) {
    self.watch = watch
    self.logger = logger
    drainTime = plan.configuration.timeouts.drain + plan.configuration.drainGrace
    stopTime = plan.configuration.stopGrace
    self.cores = cores
    coreReason = choice.reason
    addresses = listening.addresses
    sockets = listening.sockets
    files = listening.files
    source = plan.metrics
    offloading = plan.offloading
    connectionsPerCore = plan.limits.connections
    security = plan.configuration.security
    subscription =
      security?.subscribe { for core in cores { core.post(.renew) } } ?? 0
  }

  /// The host of the first TCP address, as configured; empty if there is none.
  public var host: String { firstTCP?.host ?? "" }
  /// The port of the first TCP address; 0 if there is none.
  public var port: UInt16 { firstTCP?.port ?? 0 }

  private var firstTCP: (host: String, port: UInt16)? {
    for case .tcp(let host, let port) in addresses { return (host, port) }
    return nil
  }

  /// Threads that serve.
  public var coreCount: Int { cores.count }

  /// The counters of all cores, up to now. Any thread but a core's may read them. Each core is asked, and
  /// publishes its counters at the end of its turn; if one does not within a tenth of a second, its last
  /// counters are used.
  public var metrics: ServerMetrics { source.currentAtOnce }

  /// The counters of all cores, for a task: it waits without blocking a thread.
  package func currentMetrics() async -> ServerMetrics { await source.current() }

  /// Stops accepting, answers what is under way, then ends; bounded by `Timeouts.drain`. Any thread.
  public func drain() {
    removeFiles()
    watch.expectEnd(within: drainTime)
    for core in cores { core.post(.drain) }
  }

  /// Resets every connection and ends. Any thread.
  public func stop() {
    removeFiles()
    watch.expectEnd(within: stopTime)
    for core in cores { core.post(.stop) }
  }

  /// Removes the socket files, so that a client that comes late fails at once, and the next server need not
  /// check whether another one listens.
  private func removeFiles() {
    for file in files { file.remove() }
  }

  /// The same for a task, which is not blocked; a thread of its own waits for it. Call once, or `wait()`.
  public func ended() async -> RunSummary {
    await withCheckedContinuation { continuation in
      let thread = CoreThread(name: "apus-end", processor: nil) {
        continuation.resume(returning: self.wait())
      }
      thread.detach()
    }
  }

  /// Waits until all cores have ended. Call once.
  ///
  /// A handler in place that never returns holds its core for ever. Such a core is left behind, with a line
  /// of an error in the log, ten seconds after `Timeouts.drain`, or five after ``stop()``: what it has not
  /// told anybody is not in the summary.
  public func wait() -> RunSummary {
    var counters = Counters()
    var wasForced = false
    for (index, hasEnded) in watch.wait().enumerated() {
      guard hasEnded else {
        leave(index)
        wasForced = true
        continue
      }
      let outcome = cores[index].join()
      counters.add(outcome.counters)
      wasForced = wasForced || outcome.wasForced
    }
    removeFiles()
    security?.unsubscribe(subscription)
    offloading.end()
    return RunSummary(counters: counters, wasForced: wasForced)
  }

  private func leave(_ core: Int) {
    cores[core].leave()
    logger.error(
      "a core does not end, and is left behind: a handler on it does not return; what blocks belongs into offload",
      metadata: ["core": "\(core)"])
  }
}

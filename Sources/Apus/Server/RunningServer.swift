// RunningServer: a handle on a server whose cores serve.

import ApusEngine

/// A server that accepts connections, until it is told to drain or stop.
public final class RunningServer: Sendable {
  /// As configured.
  public let host: String
  /// The port that it listens on, also where the configuration left the choice open.
  public let port: UInt16
  /// Connections that each core holds at most: `Limits.connections`, or fewer where the limit of open files is lower.
  public let connectionsPerCore: Int
  private let cores: [Core]

  init(cores: [Core], host: String, port: UInt16, connectionsPerCore: Int) {
    self.cores = cores
    self.host = host
    self.port = port
    self.connectionsPerCore = connectionsPerCore
  }

  /// Threads that serve.
  public var coreCount: Int { cores.count }

  /// Stops accepting, answers what is under way, then ends; bounded by `Timeouts.drain`. Any thread.
  public func drain() {
    for core in cores { core.post(.drain) }
  }

  /// Resets every connection and ends. Any thread.
  public func stop() {
    for core in cores { core.post(.stop) }
  }

  /// Waits until all cores have ended. Call once.
  public func wait() -> RunSummary {
    var counters = Counters()
    var wasForced = false
    for core in cores {
      let outcome = core.join()
      counters.add(outcome.counters)
      wasForced = wasForced || outcome.wasForced
    }
    return RunSummary(counters: counters, wasForced: wasForced)
  }
}

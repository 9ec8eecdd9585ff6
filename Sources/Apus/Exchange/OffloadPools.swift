// OffloadPools: a server's threads for work that blocks, by name. Its cores have them in common.

import ApusEngine
import ApusRing

extension Server.Configuration {
  /// Threads for what handlers give to ``offload(on:waitingLimit:_:)``.
  public struct Offload: Sendable {
    /// Threads of a pool whose size `pools` does not say, and so of the one without a name; 1 to 1024.
    public var threads = 4
    /// Threads of pools by name; 1 to 1024 each.
    public var pools: [String: Int] = [:]
    /// How long a thread stays without work.
    public var idle: Duration = .seconds(10)

    /// The defaults above.
    public init() {}

    /// What is wrong with the numbers; nil if nothing is.
    package func fault() -> String? {
      if let fault = Self.fault("threads", threads) { return fault }
      if pools.count > OffloadPools.nameLimit {
        return "offload.pools has more than \(OffloadPools.nameLimit) names"
      }
      if idle < .zero { return "offload.idle is negative" }
      return pools.compactMap { Self.fault("pools[\"\($0.key)\"]", $0.value) }.min()
    }

    private static func fault(_ name: String, _ count: Int) -> String? {
      (1...1024).contains(count) ? nil : "offload.\(name) is \(count), outside 1 to 1024"
    }
  }
}

package final class OffloadPools: Sendable {
  /// Pools with a name, at most: threads are dear, and a name that comes from a client must not make more and more of them.
  static let nameLimit = 64
  /// For who is on no server's core.
  static let ofProcess = OffloadPools(Server.Configuration.Offload())

  private let configuration: Server.Configuration.Offload
  private let unnamed: OffloadPool
  private let named = Lock<[String: OffloadPool]>([:])

  package init(_ configuration: Server.Configuration.Offload) {
    self.configuration = configuration
    unnamed = OffloadPool(threads: configuration.threads, idle: configuration.idle)
  }

  /// Those of the server whose core calls.
  static var current: OffloadPools {
    (Core.current?.offloading as? OffloadPools) ?? ofProcess
  }

  /// The pool of this name, made when it is first asked for; where there are too many, the one without a name.
  package func pool(_ name: String?) -> OffloadPool {
    guard let name else { return unnamed }
    return named.withLock { named in
      if let pool = named[name] { return pool }
      guard configuration.pools[name] != nil || named.count < Self.nameLimit else { return unnamed }
      let pool = OffloadPool(
        threads: configuration.pools[name] ?? configuration.threads, idle: configuration.idle, name: name)
      named[name] = pool
      return pool
    }
  }

  private var all: [OffloadPool] { [unnamed] + named.withLock { Array($0.values) } }

  /// Work is under way or waits.
  package var isBusy: Bool { all.contains { $0.isBusy } }

  /// Threads of all pools.
  package var threadCount: Int { all.reduce(0) { $0 + $1.threadCount } }

  /// The server has ended: threads end once there is no work.
  package func end() { for pool in all { pool.end() } }
}

// OffloadPools: a server's threads for work that blocks, by name. Its cores have them in common.

import ApusEngine
import ApusRing

package final class OffloadPools: Sendable {
  /// Pools with a name, at most: threads are dear, and a name that comes from a client must not
  /// make more and more of them.
  static let nameLimit = 64
  /// For who is on no server's core.
  static let ofProcess = OffloadPools(OffloadConfiguration())

  private let configuration: OffloadConfiguration
  private let unnamed: OffloadPool
  private let named = Lock<[String: OffloadPool]>([:])

  package init(_ configuration: OffloadConfiguration) {
    self.configuration = configuration
    unnamed = OffloadPool(threads: configuration.threads, idle: configuration.idle)
  }

  /// Those of the server whose core calls.
  static var current: OffloadPools {
    (Core.current?.offloading as? OffloadPools) ?? ofProcess
  }

  /// The pool of this name, made when it is first asked for; where there are too
  /// many, the one without a name.
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

// PoolLimits: the limits of one core's pool, and how long a connection may be idle in it.

/// The choice among several idle connections.
public enum ReuseOrder: Sendable {
  /// The most recently used one: it is the least likely to be closed by now, and the others can expire.
  case freshestFirst
  /// The least recently used one, for servers behind a load balancer that should all be kept busy.
  case oldestFirst
}

/// Every limit of a pool, with its unit.
package struct PoolLimits: Sendable {
  /// Connections to one host: connecting, leased, idle and closing.
  package var connectionsPerHost = 64
  /// Connections to all hosts together.
  package var connections = 1024
  /// Waiters for all hosts together; beyond, an acquisition is refused.
  package var waiters = 16_384
  /// The longest time that a connection may be idle, in ticks.
  package var idleTicks: UInt64 = 15_000
  /// A connection expires this much earlier than the server's hint, in ticks: its FIN needs time to arrive,
  /// and so does our request.
  package var hintMarginTicks: UInt64 = 1_000
  /// Requests that one connection may carry; nil for any number.
  package var usesPerConnection: UInt32? = nil
  /// The longest life of a connection, in ticks; nil for no limit.
  package var ageTicks: UInt64? = nil
  package var order = ReuseOrder.freshestFirst

  package init() {}
}

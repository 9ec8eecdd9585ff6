// PoolLimits: the bounds of one core's pool, and how long a connection may lie idle in it.

/// Which of several idle connections is used next.
public enum ReuseOrder: Sendable {
  /// The one that was used last: it is the least likely to be closed by now, and the others
  /// get the chance to expire.
  case freshestFirst
  /// The one that was used longest ago, for servers behind a balancer that should all be kept busy.
  case oldestFirst
}

/// Every bound of a pool, with its unit.
package struct PoolLimits: Sendable {
  /// Connections to one host: opening, leased, idle and closing.
  package var connectionsPerHost = 64
  /// Connections in all.
  package var connections = 1024
  /// Waiters in all; beyond, an acquisition is refused.
  package var waiters = 16_384
  /// Idle at most this long, in ticks.
  package var idleTicks: UInt64 = 15_000
  /// So much earlier than the server's hint says, in ticks: its FIN needs time to
  /// arrive, and our request too.
  package var hintMarginTicks: UInt64 = 1_000
  /// Requests that one connection may carry; nil for any number.
  package var usesPerConnection: UInt32? = nil
  /// Ticks that a connection may live; nil for no bound.
  package var ageTicks: UInt64? = nil
  package var order = ReuseOrder.freshestFirst

  package init() {}
}

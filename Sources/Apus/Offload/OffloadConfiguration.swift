// OffloadConfiguration: how many threads there are for work that blocks, by name.

/// Threads for what handlers give to ``offload(on:waitingLimit:_:)``.
public struct OffloadConfiguration: Sendable {
  /// Threads of a pool whose size `pools` does not say, and so of the one without a name; 1 to 1024.
  public var threads = 4
  /// Threads of pools by name; 1 to 1024 each.
  public var pools: [String: Int] = [:]
  /// How long a thread stays without work.
  public var idle: Duration = .seconds(10)

  /// The defaults above.
  public init() {}

  /// The reason why a number cannot be used; nil if all can.
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

// Where a server's configuration says how many threads there are for work that blocks.

extension Server.Configuration {
  /// Threads for what handlers give to ``offload(on:waitingLimit:_:)``.
  public typealias Offload = OffloadConfiguration
}

// A core's client: it is made with the core's first request and serves all clients of the library.

import Synchronization

extension Core {
  /// This core's client; made if there is none.
  package var client: CoreClient {
    if let client = madeClient { return client }
    let client = CoreClient(executor, limit: ownConnectionLimit, addressBook)
    madeClient = client
    noteClient()
    return client
  }

  func noteClient() { hasNewClient.store(true, ordering: .relaxed) }

  /// Returns the core's client to the reactor, which asks once.
  func takeNewClient() -> CoreClient? {
    hasNewClient.store(false, ordering: .relaxed)
    return madeClient
  }

  /// One load.
  @inline(__always)
  var hasClientToTell: Bool { hasNewClient.load(ordering: .relaxed) }

  /// Traps unless the connections that the core opened, and their parts, agree. Between two turns only.
  package func checkClientInvariants() { madeClient?.table.checkInvariants() }

  /// Lists what the core's client still holds; after the core's end it should hold nothing.
  package func auditClient() -> [String] {
    guard let client = madeClient else { return [] }
    return [
      (client.table.openCount, "own connections are open"),
      (client.table.exchangeCount, "client's exchanges are held"),
      (client.table.memberCount, "connections are counted in pools"),
      (client.table.waiterCount, "requests stand in line"),
      (client.table.heldBlocks, "blocks of the client were not released"),
      (client.table.armedTimers, "timers of the client are armed"),
      (relays.count, "relays are held"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }
}

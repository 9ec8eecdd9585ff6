// ClientCore: a core's client, as the core's tasks and its reactor share it. Both are the same thread; tasks run outside any
// access to the table, so what they ask for is noted and performed at the end of the turn.

package import ApusRing

package final class ClientCore: @unchecked Sendable {
  // Safety of the unchecked conformance: only the core's thread uses it. Other threads pass it to the inbox.

  unowned let executor: CoreExecutor
  package var table: ClientTable
  /// Numbers of the clients that have been used on this core.
  private var numbers: [ObjectIdentifier: UInt32] = [:]

  init(_ executor: CoreExecutor) {
    self.executor = executor
    table = ClientTable(now: executor.clock(), limit: executor.ownConnectionLimit)
  }

  /// The number of the client `owner` on this core; its pool is made with its first request here. `owner` outlives its
  /// requests; a number is never used for another.
  package func number(of owner: AnyObject, _ policy: ClientPolicy) -> UInt32 {
    if let number = numbers[ObjectIdentifier(owner)] { return number }
    let number = table.addClient(policy)
    numbers[ObjectIdentifier(owner)] = number
    return number
  }

  /// Something is to be performed.
  package func noteWork() { executor.noteClientWork() }

  /// Waits until something happens to the exchange.
  package func suspend(_ index: UInt32) async {
    noteWork()
    await Waiter.suspend { table.suspend(index, $0) }
  }

  /// Any thread: the addresses that the exchange waits for, or why there are none.
  package func didResolve(_ index: UInt32, serial: UInt32, _ result: Result<[SocketAddress], ResolveError>) {
    executor.post(.resolved(self, index, serial: serial, result))
  }

  /// Any thread: the exchange's task was cancelled.
  package func cancel(_ index: UInt32, serial: UInt32) { executor.post(.cancel(self, index, serial: serial)) }
}

extension CoreExecutor {
  /// This core's client, made with the first request.
  package var client: ClientCore {
    if let client = clientCore { return client }
    let client = ClientCore(self)
    clientCore = client
    return client
  }
}

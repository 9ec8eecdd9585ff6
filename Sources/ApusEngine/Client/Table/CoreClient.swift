// CoreClient: a core's client, shared by the core's tasks and its reactor. Both run on one thread; tasks run
// outside any access to the table, so their operations are recorded and performed at the end of the turn.

package import ApusRing

package final class CoreClient: @unchecked Sendable {
  // Safety of the unchecked conformance: only the core's thread uses it. Other threads pass it to the inbox.

  unowned let executor: CoreExecutor
  /// Consulted for a host before any other look-up; nil except in tests.
  private let addressBook: AddressBook?
  /// Something is to be performed, or to be waited for.
  var isBusy = true
  private let cell: Cell<ClientTable>
  /// Numbers of the clients that have been used on this core, by an identity that is never used again.
  private var numbers: [UInt64: Index<ClientHome>] = [:]
  private var last: (identity: UInt64, number: Index<ClientHome>) = (0, 0)

  /// - Parameter limit: Connections that it may open.
  init(_ executor: CoreExecutor, limit: Int, _ addressBook: AddressBook?) {
    self.executor = executor
    self.addressBook = addressBook
    cell = Cell(ClientTable(now: executor.clock(), limit: limit))
  }

  package var table: ClientTable {
    _read { yield cell.value }
    _modify { yield &cell.value }
  }

  /// The number of the client `owner` on this core; its pool is created by its first request here. `owner`
  /// outlives its requests. `identity` is above 0, and unique.
  package func number(of owner: AnyObject, _ identity: UInt64, _ policy: ClientPolicy) -> Index<ClientHome> {
    if last.identity == identity { return last.number }
    let number = numbers[identity] ?? add(owner, identity, policy)
    last = (identity, number)
    return number
  }

  private func add(_ owner: AnyObject, _ identity: UInt64, _ policy: ClientPolicy) -> Index<ClientHome> {
    let number = table.addClient(policy, owner)
    numbers = numbers.filter { $0.value != number }
    numbers[identity] = number
    noteWork()
    return number
  }

  /// The objects held besides idle connections.
  package var heldForRequests: [String] {
    [
      (table.openCount - table.idleCount, "connections are not idle"),
      (table.exchangeCount, "exchanges are held"),
      (table.waiterCount, "requests stand in line"), (table.heldBlocks, "blocks are held"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }

  /// Connects the exchange by the core's address book; false if the caller must look the host up.
  package func connectByBook(_ index: Index<ClientExchange>, to key: PoolKey) -> Bool {
    switch addressBook?.lookUp(key) {
    case nil: return false
    case .success(let addresses): table.connect(index, addresses)
    case .failure(let error): didResolve(index, serial: table.serial(index), .failure(error))
    }
    noteWork()
    return true
  }

  /// Something is to be performed.
  package func noteWork() { isBusy = true }

  /// The calling thread is the core's.
  package var isCurrent: Bool { executor.isCurrent }

  /// Waits until something happens to the exchange.
  package func suspend(_ index: Index<ClientExchange>) async {
    noteWork()
    await Waiter.suspend { table.suspend(index, $0) }
  }

  /// Waits likewise in the task that writes the exchange's body.
  package func suspendWriter(_ index: Index<ClientExchange>) async {
    noteWork()
    await Waiter.suspend { table.suspendWriter(index, $0) }
  }

  /// Any thread: delivers the addresses that the exchange waits for, or why there are none.
  package func didResolve(
    _ index: Index<ClientExchange>, serial: UInt32, _ result: Result<[SocketAddress], ResolveError>
  ) {
    later { $0.didResolve(index, serial: serial, result) }
  }

  /// Any thread: the exchange's task was cancelled.
  package func cancel(_ index: Index<ClientExchange>, serial: UInt32) {
    later { $0.cancel(index, serial: serial) }
  }

  /// Always uses the inbox, even on the core's own thread: a task that is cancelled before it waits is told
  /// so immediately, and would wait all the same.
  private func later(_ body: @escaping (inout ClientTable) -> Void) {
    executor.post(
      .perform {
        body(&self.table)
        self.noteWork()
      })
  }
}

// Connecting. A host with one address is connected in one submission, including the request. Several
// addresses are tried in turn: the next starts 250 ms after the one before, or at once when that one fails,
// and the first to connect wins (RFC 8305 section 5). A request must be sent once, so it waits for the
// winner.

package import ApusRing

extension ClientTable {
  /// Connects the member that the exchange was granted.
  package mutating func connect(_ index: Index<ClientExchange>, _ addresses: [SocketAddress]) {
    guard exchanges[index].phase == .granted else { return }
    precondition(!addresses.isEmpty, "nowhere to connect to")
    exchanges[index].phase = .connecting
    exchanges[index].isReused = false
    exchanges[index].addresses = addresses
    exchanges[index].nextAddress = 0
    exchanges[index].lastErrno = 0
    if addresses.count == 1 { connectAtOnce(index) } else { race(index) }
  }

  /// The look-up has completed; ignored if the exchange no longer waits for it.
  mutating func didResolve(
    _ index: Index<ClientExchange>, serial: UInt32, _ result: Result<[SocketAddress], ResolveError>
  ) {
    guard exchanges[index].serial == serial, exchanges[index].phase == .granted else { return }
    switch result {
    case .success(let addresses): connect(index, addresses)
    case .failure(let error): fail(index, .nameNotResolved(error.explanation))
    }
  }

  private mutating func connectAtOnce(_ index: Index<ClientExchange>) {
    guard let connection = claimConnection(exchanges[index].client) else { return fail(index, .poolFull) }
    adopt(connection, index)
    connections[connection].phase = .connecting
    markDirty(connection)
  }

  /// The connection becomes the exchange's member.
  private mutating func adopt(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    let home = homes[Int(exchanges[index].client)]
    let member = exchanges[index].member
    while home.connections.count <= Int(member) { home.connections.append(.none) }
    home.connections[Int(member)] = connection
    connections[connection].member = member
    connections[connection].exchange = index
    connections[connection].flags.insert(.isMember)
    exchanges[index].connection = connection
  }

  /// Tries the next address.
  mutating func race(_ index: Index<ClientExchange>) {
    guard exchanges[index].nextAddress < exchanges[index].addresses.count else { return }
    exchanges[index].nextAddress += 1
    guard let connection = claimConnection(exchanges[index].client) else {
      if exchanges[index].racers.isEmpty { fail(index, .poolFull) }
      return
    }
    connections[connection].phase = .racing
    connections[connection].exchange = index
    exchanges[index].racers.append(connection)
    connections[connection].deadline = tick + homes[Int(exchanges[index].client)].policy.timeouts.race
    arm(connection)
    markDirty(connection)
  }

  /// The address that a connection is to connect to.
  mutating func address(of connection: Index<ClientConnection>) -> SocketAddress {
    let index = connections[connection].exchange
    guard connections[connection].phase == .racing,
      let place = exchanges[index].racers.firstIndex(of: connection)
    else { return exchanges[index].addresses[0] }
    // Failed racers have left the list, and each had an earlier address.
    let behind = exchanges[index].racers.count - place
    return exchanges[index].addresses[exchanges[index].nextAddress - behind]
  }

  /// A connect without a send has completed.
  package mutating func didConnect(_ result: Int32, _ connection: Index<ClientConnection>) {
    connections[connection].flags.remove(.connecting)
    markDirty(connection)
    guard connections[connection].phase == .racing else { return }
    let index = connections[connection].exchange
    exchanges[index].racers.removeAll { $0 == connection }
    if result < 0 {
      exchanges[index].lastErrno = -result
      beginClosing(connection, .requestFailed)
      if exchanges[index].nextAddress < exchanges[index].addresses.count {
        race(index)
      } else if exchanges[index].racers.isEmpty {
        fail(index, .connectFailed(errno: -result))
      }
      return
    }
    let losers = exchanges[index].racers
    exchanges[index].racers = []
    // It was of an address that failed; from now on it tells of sends.
    exchanges[index].lastErrno = 0
    for loser in losers { beginClosing(loser, .lostRace) }
    adopt(connection, index)
    didOpen(connection, index)
  }

  /// The connection is open and belongs to the exchange.
  mutating func didOpen(_ connection: Index<ClientConnection>, _ index: Index<ClientExchange>) {
    connections[connection].phase = .leased
    connections[connection].deadline = Tick(rawValue: .max)
    home(of: connection).pool.didConnect(connections[connection].member, now: tick)
    didGetConnection(index, connection)
    resume(index)
  }

  /// The chain's connect failed; nothing linked behind it completes.
  package mutating func didFailToConnect(_ errno: Int32, _ connection: Index<ClientConnection>) {
    let phase = connections[connection].phase
    if phase == .racing { return didConnect(-errno, connection) }
    connections[connection].flags.subtract(.inFlight)
    land(connection)
    markDirty(connection)
    guard phase == .connecting else { return }
    fail(connections[connection].exchange, .connectFailed(errno: errno))
  }
}

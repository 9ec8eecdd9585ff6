// Connecting. To a host with one address in one submission, request and all. To one with several by turns, the next a
// quarter of a second after the one before or at once when that one fails, the first to connect wins (RFC 8305
// section 5); a request must leave once, so it waits for the winner.

package import ApusRing

extension ClientTable {
  /// Connects the member that the exchange was granted.
  package mutating func connect(_ index: UInt32, _ addresses: [SocketAddress]) {
    guard exchanges[index].phase == .granted else { return }
    precondition(!addresses.isEmpty, "nowhere to connect to")
    exchanges[index].phase = .connecting
    exchanges[index].isReused = false
    exchanges[index].addresses = addresses
    exchanges[index].nextAddress = 0
    exchanges[index].lastErrno = 0
    if addresses.count == 1 { connectAtOnce(index) } else { race(index) }
  }

  /// The addresses have come that the exchange waits for, if it still does.
  mutating func didResolve(
    _ index: UInt32, serial: UInt32, _ result: Result<[SocketAddress], ResolveError>
  ) {
    guard exchanges[index].serial == serial, exchanges[index].phase == .granted else { return }
    switch result {
    case .success(let addresses): connect(index, addresses)
    case .failure(let error): fail(index, .nameNotResolved(error.explanation))
    }
  }

  private mutating func connectAtOnce(_ index: UInt32) {
    guard let connection = claimConnection(exchanges[index].client) else { return fail(index, .poolFull) }
    adopt(connection, index)
    connections[Int(connection)].phase = .connecting
    markDirty(connection)
  }

  /// The connection is the exchange's member from now on.
  private mutating func adopt(_ connection: UInt32, _ index: UInt32) {
    let home = homes[Int(exchanges[index].client)]
    let member = exchanges[index].member
    while home.connections.count <= Int(member) { home.connections.append(ClientConnection.none) }
    home.connections[Int(member)] = connection
    connections[Int(connection)].member = member
    connections[Int(connection)].exchange = index
    connections[Int(connection)].flags.insert(.isMember)
    exchanges[index].connection = connection
  }

  /// Tries the next address.
  mutating func race(_ index: UInt32) {
    guard exchanges[index].nextAddress < exchanges[index].addresses.count else { return }
    exchanges[index].nextAddress += 1
    guard let connection = claimConnection(exchanges[index].client) else {
      if exchanges[index].racers.isEmpty { fail(index, .poolFull) }
      return
    }
    connections[Int(connection)].phase = .racing
    connections[Int(connection)].exchange = index
    exchanges[index].racers.append(connection)
    connections[Int(connection)].deadline = tick + homes[Int(exchanges[index].client)].policy.timeouts.race
    arm(connection)
    markDirty(connection)
  }

  /// Where a connection that is about to connect goes to.
  mutating func address(of connection: UInt32) -> SocketAddress {
    let index = connections[Int(connection)].exchange
    guard connections[Int(connection)].phase == .racing,
      let place = exchanges[index].racers.firstIndex(of: connection)
    else { return exchanges[index].addresses[0] }
    // Racers that failed have left the list, each having had an address before.
    let behind = exchanges[index].racers.count - place
    return exchanges[index].addresses[exchanges[index].nextAddress - behind]
  }

  /// A connect without a send has ended.
  package mutating func didConnect(_ result: Int32, _ connection: UInt32) {
    connections[Int(connection)].flags.remove(.connecting)
    markDirty(connection)
    guard connections[Int(connection)].phase == .racing else { return }
    let index = connections[Int(connection)].exchange
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
    // Of addresses that were tried in vain; from now on it tells of sends.
    exchanges[index].lastErrno = 0
    for loser in losers { beginClosing(loser, .lostRace) }
    adopt(connection, index)
    didOpen(connection, index)
  }

  /// The connection is open and the exchange's.
  mutating func didOpen(_ connection: UInt32, _ index: UInt32) {
    connections[Int(connection)].phase = .leased
    connections[Int(connection)].deadline = Tick(rawValue: .max)
    home(of: connection).pool.didConnect(connections[Int(connection)].member, now: tick)
    didGetConnection(index, connection)
    resume(index)
  }

  /// The chain's connect failed; nothing behind it completes.
  package mutating func didFailToConnect(_ errno: Int32, _ connection: UInt32) {
    let phase = connections[Int(connection)].phase
    if phase == .racing { return didConnect(-errno, connection) }
    connections[Int(connection)].flags.subtract(.inFlight)
    land(connection)
    markDirty(connection)
    guard phase == .connecting else { return }
    fail(connections[Int(connection)].exchange, .connectFailed(errno: errno))
  }
}

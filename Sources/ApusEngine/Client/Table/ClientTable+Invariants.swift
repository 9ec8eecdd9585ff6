// The invariants of a core's own connections between two turns: which phase goes with which partner, flags
// and timer. Every simulation checks them after each turn.

import ApusRing

extension ClientTable {
  /// Traps unless connections, exchanges, pools and timers agree. Only valid between two turns.
  /// O(connections + exchanges).
  package mutating func checkInvariants() {
    var open = 0
    for connection in connections.indices where connections[connection].phase != .free {
      open += 1
      checkConnection(connection)
      checkTimer(connection)
    }
    precondition(open == openCount, "\(open) own connections are open, \(openCount) counted")
    var live = 0
    for exchange in exchanges.indices where exchanges[exchange].phase != .free {
      live += 1
      checkExchange(exchange)
    }
    precondition(live == exchangeCount, "\(live) client exchanges are under way, \(exchangeCount) counted")
    for home in homes { home.pool.checkInvariants() }
  }

  private mutating func checkConnection(_ connection: Index<ClientConnection>) {
    let (phase, flags) = (connections[connection].phase, connections[connection].flags)
    let exchange = connections[connection].exchange
    switch phase {
    case .free: break
    case .racing:
      require(exchange != .none, connection, "races for nobody")
      require(
        exchange == .none || exchanges[exchange].racers.contains(connection), connection,
        "races unknown to its exchange")
    case .connecting, .leased:
      require(exchange != .none, connection, "is leased to nobody")
      require(
        exchange == .none || exchanges[exchange].connection == connection, connection,
        "carries an exchange that is on another connection")
    case .idle, .draining, .closing:
      require(exchange == .none, connection, "carries an exchange in phase \(phase)")
    }
    require(
      phase != .idle || flags.contains([.isMember, .hasSlot]), connection, "lies idle outside its pool")
    require(
      flags.isDisjoint(with: .inFlight) || flags.contains(.hasSlot), connection,
      "has operations without a socket")
  }

  private mutating func checkTimer(_ connection: Index<ClientConnection>) {
    let isArmed = wheel.isArmed(timer(ofConnection: connection))
    require(
      isArmed == (connections[connection].armedFor.rawValue != .max), connection,
      "and the wheel disagree on its timer")
    require(connections[connection].phase != .idle || isArmed, connection, "lies idle for ever")
  }

  private mutating func checkExchange(_ index: Index<ClientExchange>) {
    let phase = exchanges[index].phase
    let connection = exchanges[index].connection
    func require(_ holds: Bool, _ sentence: String) {
      precondition(holds, "client exchange \(index), in phase \(phase), \(sentence)")
    }
    if connection != .none {
      require(connections[connection].exchange == index, "is on a connection that carries another")
    }
    switch phase {
    case .free, .complete, .failed: break
    case .fresh, .waiting: require(connection == .none, "has a connection")
    case .granted: require(exchanges[index].member != .none, "holds no lease")
    case .connecting: require(connection != .none || !exchanges[index].racers.isEmpty, "connects nothing")
    case .underWay, .responding: require(connection != .none, "is on no connection")
    }
    require((exchanges[index].waiterID != nil) == (phase == .waiting), "and the line disagree")
    require(exchanges[index].racers.isEmpty || phase == .connecting, "has racers left")
    let isArmed = wheel.isArmed(timer(ofExchange: index))
    require(isArmed == (exchanges[index].armedFor.rawValue != .max), "and the wheel disagree on its timer")
  }

  private func require(
    _ holds: Bool, _ connection: Index<ClientConnection>, _ sentence: @autoclosure () -> String
  ) {
    precondition(holds, "own connection \(connection) \(sentence())")
  }
}

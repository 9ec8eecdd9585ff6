// The invariants of a load generator's connections between two turns: which phase goes with which flags, and
// where each request is. Every simulation of a load generator checks them after each turn.

import ApusRing

extension LoadTable {
  /// Traps unless the connections, their requests and the lists of them agree. Only valid between two turns.
  /// O(connections).
  package mutating func checkInvariants() {
    precondition(dirty.isEmpty, "connections of the load generator are left to settle")
    var listed = 0
    for index in 0..<connections.count {
      listed += connections[index].flags.contains(.isListed) ? 1 : 0
      checkPhase(index)
      checkRequests(index)
      checkHead(index)
    }
    let idleCount = idle.reduce(0) { $0 + $1.count }
    precondition(
      listed == idleCount, "\(listed) load connections call themselves idle, \(idleCount) are listed")
  }

  private mutating func checkPhase(_ index: Int) {
    let connection = connections[index]
    let flags = connection.flags
    let isInFlight = !flags.isDisjoint(with: .inFlight)
    require(!flags.contains(.isDirty), index, "is marked, and not listed to be settled")
    require(connection.hasSlot || !isInFlight, index, "has operations without a socket")
    switch connection.phase {
    case .closed, .paused:
      require(!connection.hasSlot, index, "has a socket in phase \(connection.phase)")
      require(connection.unanswered == 0, index, "waits for responses in phase \(connection.phase)")
    case .connecting:
      require(flags.contains(.sending), index, "connects without a first send")
    case .open: require(flags.isDisjoint(with: .connecting), index, "is open, and connects")
    case .closing: require(isInFlight, index, "has nothing in flight, and is not closed")
    }
    require(
      flags.isDisjoint(with: .cancelled) || connection.phase == .closing, index,
      "has its operations cancelled in phase \(connection.phase)")
    require(
      connection.phase != .open || flags.contains(.receiving), index, "is open, and does not receive")
  }

  private mutating func checkRequests(_ index: Int) {
    let connection = connections[index]
    let count = Int(connection.unanswered) + Int(connection.unsent)
    require(count <= plan.pipeline, index, "has \(count) requests where \(plan.pipeline) may be")
    require(Int(connection.first) < plan.pipeline, index, "begins at request \(connection.first)")
    require(
      !connection.flags.contains(.isListed) || count < plan.pipeline, index,
      "is listed to take what it cannot")
    for offset in 0..<count {
      let kind = Int(asked[cell(index, offset)].kind)
      require(
        plan.requests.indices.contains(kind), index, "was given request \(kind), which the plan has not")
    }
  }

  private mutating func checkHead(_ index: Int) {
    let connection = connections[index]
    require(connection.carryCount <= connection.carry.capacity, index, "carries bytes beyond their block")
    require(
      connection.carryCount > 0 || connection.carry.isNone, index,
      "holds a block for a head of which nothing is here")
    // A response's completion may precede that of the first send, which opens the connection.
    require(
      connection.carryCount == 0 || connection.phase == .open || connection.phase == .connecting, index,
      "carries part of a head in phase \(connection.phase)")
    require(
      !connection.flags.contains(.isInBody) || connection.unanswered > 0 || connection.phase == .closing,
      index,
      "receives a body that it has not asked for")
  }

  private func require(_ holds: Bool, _ index: Int, _ sentence: @autoclosure () -> String) {
    precondition(holds, "load connection \(index) \(sentence())")
  }
}

// Deadlines of exchanges and connections, on one wheel. A deadline is postponed by changing a number; the
// wheel may fire too early and is then armed again.

package import ApusRing

extension ClientTable {
  @inline(__always)
  func timer(ofConnection connection: Index<ClientConnection>) -> TimerWheel.ID { connection.rawValue }

  @inline(__always)
  func timer(ofExchange index: Index<ClientExchange>) -> TimerWheel.ID {
    index.rawValue + UInt32(Self.connectionLimit)
  }

  mutating func setDeadline(_ index: Index<ClientExchange>, after ticks: UInt64) {
    setDeadline(index, min(tick + ticks, exchanges[index].totalDeadline))
  }

  /// There was progress, and the response's head is still to come: its timeout starts anew. While the
  /// exchange waits for a 100, the shorter timeout of that wait stays, whatever happens on the connection.
  mutating func awaitHead(_ index: Index<ClientExchange>) {
    guard !exchanges[index].awaitsLeave else { return }
    setDeadline(index, after: homes[Int(exchanges[index].client)].policy.timeouts.head)
  }

  /// Like `awaitHead`, but without a timeout while the caller must give a piece of the body first.
  mutating func awaitNextPiece(_ index: Index<ClientExchange>) {
    guard !exchanges[index].awaitsLeave else { return }
    if exchanges[index].isSent || !isFlushed(index) { awaitHead(index) } else { disarm(index) }
  }

  /// Only the total timeout runs.
  mutating func disarm(_ index: Index<ClientExchange>) { setDeadline(index, exchanges[index].totalDeadline) }

  private mutating func setDeadline(_ index: Index<ClientExchange>, _ deadline: Tick) {
    exchanges[index].deadline = deadline
    if deadline < exchanges[index].armedFor {
      exchanges[index].armedFor = deadline
      wheel.arm(timer(ofExchange: index), at: deadline)
    }
  }

  /// Arms the wheel so that the connection's deadline is noticed.
  mutating func arm(_ connection: Index<ClientConnection>) {
    let deadline = connections[connection].deadline
    if deadline < connections[connection].armedFor {
      connections[connection].armedFor = deadline
      wheel.arm(timer(ofConnection: connection), at: deadline)
    }
  }

  package func nextDeadline() -> Instant? { wheel.nextDeadline()?.instant }

  /// Handles all expired timers.
  package mutating func expire() {
    while let timer = wheel.popExpired(now: max(tick, wheel.elapsed)) {
      if timer < UInt32(Self.connectionLimit) {
        expire(connection: Index(rawValue: timer))
      } else {
        expire(exchange: Index(rawValue: timer - UInt32(Self.connectionLimit)))
      }
    }
  }

  private mutating func expire(connection: Index<ClientConnection>) {
    connections[connection].armedFor = Tick(rawValue: .max)
    let deadline = connections[connection].deadline
    guard deadline <= tick else {
      if deadline.rawValue != .max { arm(connection) }
      return
    }
    switch connections[connection].phase {
    case .idle:
      if home(of: connection).pool.expire(connections[connection].member, now: tick) {
        noteEnding(connection, .idle)
        connections[connection].phase = .closing
        markDirty(connection)
      }
    case .draining: beginClosing(connection, .unread)
    case .racing:
      // The next address is tried; this one may still win.
      connections[connection].deadline = Tick(rawValue: .max)
      race(connections[connection].exchange)
    case .free, .connecting, .leased, .closing: break
    }
  }

  private mutating func expire(exchange index: Index<ClientExchange>) {
    exchanges[index].armedFor = Tick(rawValue: .max)
    let deadline = exchanges[index].deadline
    guard deadline <= tick else {
      if deadline.rawValue != .max { setDeadline(index, deadline) }
      return
    }
    let isTotal = exchanges[index].totalDeadline <= tick
    switch exchanges[index].phase {
    case .waiting: fail(index, .timedOut(isTotal ? .total : .poolWait))
    case .granted, .connecting: fail(index, .timedOut(isTotal ? .total : .connect))
    case .underWay where exchanges[index].awaitsLeave && !isTotal:
      // A server that does not know 100 waits for the body.
      exchanges[index].awaitsLeave = false
      exchanges[index].maySend = true
      awaitNextPiece(index)
      resume(index)
    case .underWay: fail(index, .timedOut(isTotal ? .total : .head))
    case .complete where exchanges[index].isTunnel: fail(index, .timedOut(.body))
    case .responding: fail(index, .timedOut(isTotal ? .total : .body))
    case .complete, .fresh: if isTotal { fail(index, .timedOut(.total)) }
    case .free, .failed: break
    }
  }
}

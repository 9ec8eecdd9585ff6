// The ends of exchanges and connections: back to the pool, to the next waiter, or a close in three steps like
// the server's.

import ApusRing
import ApusWire

extension ClientTable {
  /// The caller is done with the exchange, successful or not.
  package mutating func finish(_ index: Index<ClientExchange>) {
    let connection = exchanges[index].connection
    if exchanges[index].phase != .failed, connection != .none {
      leave(index, connection)
    } else {
      abandon(index)
    }
    // Its timer stays armed: the next exchange needs one no sooner, and postpones it by changing a number.
    exchanges[index].reset()
    if isShutDown { wheel.disarm(timer(ofExchange: index)) }
    exchanges.free(index)
    exchangeCount -= 1
  }

  /// Resets the exchange for another attempt.
  package mutating func retry(_ index: Index<ClientExchange>) {
    abandon(index)
    exchanges[index].phase = .fresh
    exchanges[index].failure = nil
    exchanges[index].lastErrno = 0
    exchanges[index].inbox.reset()
    exchanges[index].interimHeads = []
    exchanges[index].message = nil
    exchanges[index].awaitsLeave = false
  }

  /// Gives the connection back, or lets it receive the rest of the response on its own.
  private mutating func leave(_ index: Index<ClientExchange>, _ connection: Index<ClientConnection>) {
    exchanges[index].connection = .none
    connections[connection].exchange = .none
    let isSent = exchanges[index].isSent && !connections[connection].flags.contains(.sending)
    switch exchanges[index].phase {
    case .complete where isSent: giveBack(connection)
    case .responding where isSent && canDrain(connection):
      connections[connection].phase = .draining
      connections[connection].flags.remove(.isPaused)
      connections[connection].deadline = tick + home(of: connection).policy.timeouts.drain
      arm(connection)
      markDirty(connection)
    default: beginClosing(connection, .unread)
    }
  }

  /// The rest of the response is short enough to be received so that the connection can be kept.
  private mutating func canDrain(_ connection: Index<ClientConnection>) -> Bool {
    let flags = connections[connection].flags
    guard flags.contains(.keepsAlive), !flags.contains(.endsWithConnection) else { return false }
    let left = connections[connection].decoder.remainingContent ?? 0
    return left <= home(of: connection).policy.drainBytes
  }

  /// The connection goes back to its pool, or to the next waiter.
  mutating func giveBack(_ connection: Index<ClientConnection>) {
    connections[connection].bulk = nil
    let home = home(of: connection)
    let flags = connections[connection].flags
    connections[connection].exchange = .none
    connections[connection].flags.subtract([.keepsAlive, .endsWithConnection, .isPaused])
    let keeps = flags.contains(.keepsAlive) && !isShutDown
    let release = home.pool.release(
      connections[connection].member, keepsAlive: keeps, hint: connections[connection].idleHint,
      now: tick)
    switch release {
    case .idle(let until):
      connections[connection].phase = .idle
      connections[connection].deadline = until
      arm(connection)
      markDirty(connection)
    case .granted(let grant):
      connections[connection].deadline = Tick(rawValue: .max)
      lease(connection, to: grant.owner)
      resume(grant.owner)
    case .close:
      noteEnding(connection, keeps ? .retired : .notKept)
      connections[connection].phase = .closing
      markDirty(connection)
    }
  }

  /// The exchange gives up whatever it holds.
  mutating func abandon(_ index: Index<ClientExchange>, _ ending: ConnectionEnding = .requestFailed) {
    let home = homes[Int(exchanges[index].client)]
    if let waiter = exchanges[index].waiterID.take() { _ = home.pool.cancel(waiter) }
    let racers = exchanges[index].racers
    exchanges[index].racers = []
    for racer in racers { beginClosing(racer, ending) }
    let connection = exchanges[index].connection
    let member = exchanges[index].member
    exchanges[index].connection = .none
    exchanges[index].member = .none
    if connection != .none {
      beginClosing(connection, ending)
    } else if member != .none {
      // The member was granted but never connected.
      home.pool.discard(member)
      serve(home.pool.didClose(member))
    }
  }

  /// The exchange fails; its task is told.
  mutating func fail(_ index: Index<ClientExchange>, _ failure: ClientFailure) {
    guard exchanges[index].phase != .failed, exchanges[index].phase != .free else { return }
    exchanges[index].hasBrokenAnswer =
      hasHead(index) && failure.leavesWhatCame && !exchanges[index].isRelayed
    abandon(index, failure == .cancelled ? .givenUp : .requestFailed)
    exchanges[index].phase = .failed
    exchanges[index].failure = failure
    disarm(index)
    resume(index)
  }

  mutating func resume(_ index: Index<ClientExchange>) {
    exchanges[index].waiter.resume()
    exchanges[index].writer.resume()
  }

  /// The connection ends. The caller has dealt with an exchange that it carries.
  mutating func beginClosing(_ connection: Index<ClientConnection>, _ ending: ConnectionEnding) {
    guard connections[connection].phase != .closing else { return }
    noteEnding(connection, ending)
    if connections[connection].flags.contains(.isMember) {
      home(of: connection).pool.discard(connections[connection].member)
    }
    connections[connection].exchange = .none
    connections[connection].phase = .closing
    markDirty(connection)
  }

  /// The first reason counts.
  mutating func noteEnding(_ connection: Index<ClientConnection>, _ ending: ConnectionEnding) {
    if connections[connection].ending == nil { connections[connection].ending = ending }
  }

  /// Closes the connections that the pool chooses.
  mutating func closeChosen(_ home: ClientHome) {
    while let member = home.pool.nextToClose() {
      let connection = home.connections[Int(member)]
      noteEnding(connection, connections[connection].deadline <= tick ? .idle : .retired)
      connections[connection].phase = .closing
      markDirty(connection)
    }
  }

  /// Nothing is in flight: frees the connection's number, and closes its socket.
  mutating func free(_ connection: Index<ClientConnection>) -> ClientAction {
    dropCarry(connection)
    connections[connection].bulk = nil
    wheel.disarm(timer(ofConnection: connection))
    let home = home(of: connection)
    let flags = connections[connection].flags
    let slot = connections[connection].slot
    let member = connections[connection].member
    connections[connection].phase = .free
    connections[connection].generation =
      (connections[connection].generation + 1) % Token.generationCount
    connections[connection].exchange = .none
    land(connection)
    freeNumbers.push(connection)
    openCount -= 1
    if flags.contains(.isMember) {
      tell(connection, home)
      home.connections[Int(member)] = .none
      serve(home.pool.didClose(member))
      closeChosen(home)
    }
    guard flags.contains(.hasSlot) else { return .again }
    return .close(slot, reset: connections[connection].ending?.isAbrupt == true)
  }

  /// A connection that never opened is not reported: its request's failure was.
  private mutating func tell(_ connection: Index<ClientConnection>, _ home: ClientHome) {
    let member = connections[connection].member
    let connectedAt = home.pool.connectedAt(of: member)
    guard let onClose = home.policy.onClose, connectedAt.rawValue > 0 else { return }
    onClose(
      ClosedConnection(
        identity: connections[connection].identity,
        ending: connections[connection].ending ?? .requestFailed,
        uses: home.pool.uses(of: member), ageTicks: tick.rawValue - connectedAt.rawValue))
  }

  /// A waiter was granted a member to connect.
  private mutating func serve(_ grant: Pool.Grant?) {
    guard let grant else { return }
    exchanges[grant.owner].waiterID = nil
    exchanges[grant.owner].member = grant.member
    exchanges[grant.owner].phase = .granted
    setDeadline(grant.owner, after: homes[Int(exchanges[grant.owner].client)].policy.timeouts.connect)
    resume(grant.owner)
  }

  /// Closes the client's idle connections.
  package mutating func closeIdle(_ client: Index<ClientHome>) {
    homes[Int(client)].pool.retireIdle()
    closeChosen(homes[Int(client)])
  }

  /// Some of the client's connections are about to be closed.
  package mutating func isClosing(_ client: Index<ClientHome>) -> Bool {
    for connection in 0..<connections.count
    where connections[connection].phase == .closing && connections[connection].client == client {
      return true
    }
    return false
  }

  /// Shuts down: exchanges fail, connections close.
  package mutating func shutDown() {
    isShutDown = true
    for index in exchanges.indices {
      if exchanges[index].phase == .free {
        wheel.disarm(timer(ofExchange: index))
      } else {
        fail(index, .shutDown)
      }
    }
    for connection in connections.indices {
      switch connections[connection].phase {
      case .free, .closing: break
      default: beginClosing(connection, .shutDown)
      }
    }
  }
}

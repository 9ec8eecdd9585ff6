// The reactor's part for connections that the core itself opens. A core that sends no requests pays one load
// per turn.

import ApusRing

extension Reactor where Driver: ~Copyable {
  /// The core's own connections need the reactor.
  @inline(__always)
  package var hasClientWork: Bool { client?.isBusy ?? core.hasClientToTell }

  @inline(never)
  mutating func dispatchToClient(_ completion: Completion) {
    let token = completion.token
    guard let client else { return }
    client.isBusy = true
    let isCurrent = client.table.isCurrent(token)
    let connection = token.connection
    switch token.operation {
    case .clientReceive:
      if isCurrent && !completion.hasMore { client.table.didEndReceive(connection) }
      if let buffer = completion.buffer {
        if isCurrent, completion.result > 0 {
          client.table.didReceive(driver.bytes(of: buffer, count: Int(completion.result)), connection)
        }
        driver.recycle(buffer)
      } else if isCurrent, completion.result > 0 {
        client.table.didReceiveInto(Int(completion.result), connection)
      } else if isCurrent {
        switch -completion.result {
        case 0:
          client.table.didFinish(
            connection, isTruncated: !driver.sawCloseNotify(client.table.slot(of: connection)))
        case Errno.protocolError: didFailSecurely(connection, client)
        case Errno.cancelled: break
        case Errno.noBuffers: table.counters.bufferShortages += 1
        case let errno: client.table.didFailToReceive(errno, connection)
        }
      }
    case .clientSend:
      guard isCurrent else { return }
      if completion.result == -Errno.protocolError { didFailSecurely(connection, client) }
      client.table.didSend(completion.result, connection)
    case .clientSecured:
      guard isCurrent, client.table.wantsSecureFacts(connection) else { return }
      let slot = client.table.slot(of: connection)
      if let facts = driver.facts(of: slot) {
        client.table.didSecure(connection, facts, driver.peerCertificates(of: slot))
      }
    case .clientCancel: if isCurrent { client.table.didNotCancel(connection) }
    case .clientShutdown: if isCurrent { client.table.didShutDown(connection) }
    case .connect:
      guard isCurrent else { return }
      if completion.result < 0 {
        client.table.didFailToConnect(-completion.result, connection)
      } else {
        client.table.didConnect(completion.result, connection)
      }
    default: break
    }
  }

  /// The connection's TLS failed, during its handshake or behind it.
  private mutating func didFailSecurely(_ connection: Index<ClientConnection>, _ client: CoreClient) {
    guard let failure = driver.failure(of: client.table.slot(of: connection)) else { return }
    client.table.didFailSecurely(failure, connection)
  }

  /// Performs the actions of the core's own connections, and notes their next deadline.
  @inline(never)
  mutating func settleClient() {
    if core.hasClientToTell { client = core.takeNewClient() }
    guard let client else { return }
    client.isBusy = false
    client.table.advance(to: table.tick)
    while let connection = client.table.nextDirty() {
      while performForClient(client.table.nextAction(connection), connection, client) {}
    }
    core.executor.noteDeadline(client.table.nextDeadline())
  }

  /// False if there is nothing to do.
  private mutating func performForClient(
    _ action: ClientAction, _ connection: Index<ClientConnection>, _ client: CoreClient
  ) -> Bool {
    switch action {
    case .none: return false
    case .again: break
    case .open(let address, let region):
      guard let slot = openSocket(address, connection, client) else { return true }
      driver.enqueueConnect(
        slot, to: address, sending: region, connect: client.table.token(.connect, connection),
        send: client.table.token(.clientSend, connection),
        receive: client.table.token(.clientReceive, connection))
    case .connect(let address):
      guard let slot = openSocket(address, connection, client) else { return true }
      driver.enqueueConnect(slot, to: address, client.table.token(.connect, connection))
    case .send(let region):
      driver.enqueueSend(
        client.table.slot(of: connection), region, client.table.token(.clientSend, connection))
    case .sendBoth(let first, let second):
      driver.enqueueSend(
        client.table.slot(of: connection), first, second, client.table.token(.clientSend, connection))
    case .receive:
      driver.enqueueReceive(
        client.table.slot(of: connection), client.table.token(.clientReceive, connection))
    case .receiveOnce:
      driver.enqueueFirstReceive(
        client.table.slot(of: connection), client.table.token(.clientReceive, connection))
    case .receiveInto(let region):
      driver.enqueueReceive(
        client.table.slot(of: connection), into: region, client.table.token(.clientReceive, connection))
    case .cancel(let operation):
      driver.enqueueCancel(
        client.table.slot(of: connection), operation: operation, client.table.token(.clientCancel, connection)
      )
    case .shutDown:
      driver.enqueueShutdown(
        client.table.slot(of: connection), saying: nil, client.table.token(.clientShutdown, connection))
    case .close(let slot, let reset): driver.enqueueClose(slot, saying: nil, reset: reset, Token(.close))
    }
    return true
  }

  private mutating func openSocket(
    _ address: SocketAddress, _ connection: Index<ClientConnection>, _ client: CoreClient
  ) -> Slot? {
    switch driver.openSocket(connection.rawValue, to: address) {
    case .slot(let slot):
      client.table.didOpenSocket(slot, connection)
      if let session = client.table.makeSession(connection) { driver.secure(slot, session) }
      return slot
    case .failed(let errno):
      client.table.didFailToConnect(errno, connection)
      return nil
    }
  }

  /// Expires deadlines of the core's own connections.
  mutating func expireClient() {
    guard let client else { return }
    client.table.expire()
    client.isBusy = true
  }

  /// Closes what the core has opened, once no handler can send requests any more; true when all is closed.
  var clientIsFinished: Bool {
    mutating get {
      guard let client = client ?? core.madeClient else { return true }
      if !client.table.isShutDown {
        client.table.shutDown()
        client.isBusy = true
        core.noteClient()
      }
      return client.table.openCount == 0 && (client.table.exchangeCount == 0 || tasksGivenUp)
    }
  }
}

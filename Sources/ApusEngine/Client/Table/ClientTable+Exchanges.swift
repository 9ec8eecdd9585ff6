// The operations of tasks: begin a request, get a connection for it, wait for events, finish.

import ApusRing
package import ApusWire

/// The state of an acquisition, for the task that asked.
package enum ClientProgress: Equatable, Sendable {
  /// On a connection; the response is awaited.
  case underWay
  /// The connect is in flight.
  case connecting
  /// The response's head has arrived.
  case answered
  /// A connection is leased and not opened yet: `connect` needs the host's addresses.
  case needsAddresses
  /// In the queue.
  case waiting
  case failed(ClientFailure)
}

extension ClientTable {
  /// Begins a new exchange. Its caller ends it with `finish`.
  ///
  /// - Parameter start: The start of its total time; before now if it follows a redirect.
  package mutating func begin(
    _ client: Index<ClientHome>, _ method: Method, _ closesConnection: Bool, since start: Tick
  ) -> Index<ClientExchange> {
    let index = exchanges.claim()
    exchangeCount += 1
    exchanges[index].phase = .fresh
    exchanges[index].client = client
    exchanges[index].method = method
    exchanges[index].closesConnection = closesConnection
    if let total = homes[Int(client)].policy.timeouts.total { exchanges[index].totalDeadline = start + total }
    if exchanges[index].response == nil { exchanges[index].response = ResponseCopy() }
    return index
  }

  /// Asks for a connection, and gives it the part of the request that exists so far: `chunks`. More may
  /// follow.
  package mutating func acquire(
    _ index: Index<ClientExchange>, _ key: PoolKey, _ chunks: [BodyChunk], hasMore: Bool, fresh: Bool
  ) -> ClientProgress {
    if let failure = exchanges[index].failure, exchanges[index].phase == .failed { return .failed(failure) }
    if isShutDown { return refuse(index, .shutDown) }
    exchanges[index].outgoing = chunks
    exchanges[index].outgoingStart = 0
    return acquire(index, key, hasMore: hasMore, fresh: fresh)
  }

  /// Does so for a request that is one chunk so far.
  mutating func acquire(
    _ index: Index<ClientExchange>, _ key: PoolKey, _ message: BodyChunk, hasMore: Bool, fresh: Bool
  ) -> ClientProgress {
    if let failure = exchanges[index].failure, exchanges[index].phase == .failed { return .failed(failure) }
    if isShutDown { return refuse(index, .shutDown) }
    exchanges[index].message = message
    return acquire(index, key, hasMore: hasMore, fresh: fresh)
  }

  private mutating func acquire(
    _ index: Index<ClientExchange>, _ key: PoolKey, hasMore: Bool, fresh: Bool
  ) -> ClientProgress {
    exchanges[index].hasMoreToSend = hasMore
    exchanges[index].sentBytes = 0
    exchanges[index].receivedBytes = 0
    exchanges[index].maySend = false
    exchanges[index].interims = InterimCount()
    let home = homes[Int(exchanges[index].client)]
    let acquisition = home.pool.acquire(key, for: index, fresh: fresh, now: tick)
    closeChosen(home)
    switch acquisition {
    case .reused(let member):
      lease(home.connections[Int(member)], to: index)
      return .underWay
    case .connect(let member):
      exchanges[index].member = member
      exchanges[index].phase = .granted
      setDeadline(index, after: home.policy.timeouts.connect)
      return .needsAddresses
    case .wait(let waiter):
      exchanges[index].waiterID = waiter
      exchanges[index].phase = .waiting
      setDeadline(index, after: home.policy.timeouts.poolWait)
      return .waiting
    case .full:
      return refuse(index, .poolFull)
    }
  }

  /// The state of the exchange, for the task that was resumed.
  package func progress(_ index: Index<ClientExchange>) -> ClientProgress {
    switch exchanges[index].phase {
    case .granted: .needsAddresses
    case .waiting: .waiting
    // A head that came with the end of its connection is a response; a reader of the rest gets the failure.
    case .failed where exchanges[index].hasBrokenAnswer: .answered
    case .failed: .failed(exchanges[index].failure ?? .shutDown)
    case .free, .fresh, .connecting: .connecting
    case .underWay: .underWay
    case .responding, .complete: .answered
    }
  }

  /// Fails an exchange before it has a connection.
  @discardableResult
  package mutating func refuse(_ index: Index<ClientExchange>, _ failure: ClientFailure) -> ClientProgress {
    abandon(index)
    exchanges[index].phase = .failed
    exchanges[index].failure = failure
    return .failed(failure)
  }

  /// Leases to this exchange an idle connection, or one that was just given back.
  mutating func lease(_ connection: Index<ClientConnection>, to index: Index<ClientExchange>) {
    let home = home(of: connection)
    let member = connections[connection].member
    connections[connection].phase = .leased
    connections[connection].exchange = index
    exchanges[index].member = member
    exchanges[index].isReused = true
    exchanges[index].idleTicks = tick.rawValue - home.pool.releasedAt(of: member).rawValue
    didGetConnection(index, connection)
    markDirty(connection)
  }

  /// The exchange is on its connection from now on.
  mutating func didGetConnection(_ index: Index<ClientExchange>, _ connection: Index<ClientConnection>) {
    let home = home(of: connection)
    let member = exchanges[index].member
    exchanges[index].connection = connection
    exchanges[index].phase = .underWay
    exchanges[index].waiterID = nil
    exchanges[index].identity = connections[connection].identity
    exchanges[index].uses = home.pool.uses(of: member)
    let connectedAt = exchanges[index].isReused ? home.pool.connectedAt(of: member) : tick
    exchanges[index].ageTicks = tick.rawValue - connectedAt.rawValue
    awaitHead(index)
    exchanges[index].writer.resume()
  }

  // MARK: the request's body, as it is streamed

  /// Queues another piece; nil ends the request.
  package mutating func send(_ index: Index<ClientExchange>, _ chunk: BodyChunk?) {
    guard exchanges[index].phase != .failed, !exchanges[index].isBodyStopped else { return }
    if let chunk {
      if exchanges[index].outgoingStart == exchanges[index].outgoing.count {
        exchanges[index].outgoing.removeAll(keepingCapacity: true)
        exchanges[index].outgoingStart = 0
      }
      exchanges[index].outgoing.append(chunk)
    } else {
      exchanges[index].hasMoreToSend = false
      // The last piece may have been sent before: then no send starts the wait for the response.
      if exchanges[index].phase == .underWay { awaitHead(index) }
    }
    if exchanges[index].connection != .none { markDirty(exchanges[index].connection) }
  }

  /// The kernel has taken everything that was queued.
  package func isFlushed(_ index: Index<ClientExchange>) -> Bool {
    let connection = exchanges[index].connection
    guard connection != .none else { return exchanges[index].phase == .failed }
    return !exchanges[index].hasUnsent && !connections[connection].flags.contains(.sending)
  }

  /// The rest of the body is not wanted: its writer is resumed, and the connection ends after the response.
  package mutating func stopBody(_ index: Index<ClientExchange>) {
    exchanges[index].isBodyStopped = true
    exchanges[index].writer.resume()
  }

  package func isBodyStopped(_ index: Index<ClientExchange>) -> Bool { exchanges[index].isBodyStopped }

  /// The body's writer failed, and so does the exchange, unless it has failed by now.
  package mutating func failBody(_ index: Index<ClientExchange>) { fail(index, .bodyFailed) }

  /// The exchange has an open connection.
  package func isOnConnection(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].phase == .underWay || hasHead(index)
  }

  /// Waits for a 100 no longer than the policy allows, unless it has come by now.
  package mutating func awaitLeave(_ index: Index<ClientExchange>) {
    guard exchanges[index].phase == .underWay, !exchanges[index].maySend else { return }
    exchanges[index].awaitsLeave = true
    setDeadline(index, after: homes[Int(exchanges[index].client)].policy.timeouts.goAhead)
  }

  /// The 100 has come, or the response has.
  package func mayGoAhead(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].maySend || hasHead(index) || exchanges[index].hasBrokenAnswer
  }

  // MARK: the response

  package func hasHead(_ index: Index<ClientExchange>) -> Bool {
    exchanges[index].phase == .responding || exchanges[index].phase == .complete
  }

  package func response(_ index: Index<ClientExchange>) -> ResponseCopy {
    guard let response = exchanges[index].response else { preconditionFailure("exchange \(index) is free") }
    return response
  }

  package func failure(_ index: Index<ClientExchange>) -> ClientFailure? {
    exchanges[index].phase == .failed ? exchanges[index].failure : nil
  }

  /// The facts by which a retry of a failed attempt is judged.
  package func failedExchange(_ index: Index<ClientExchange>, isReplayable: Bool) -> FailedExchange {
    FailedExchange(
      wasReused: exchanges[index].isReused, receivedBytes: exchanges[index].receivedBytes,
      sentBytes: exchanges[index].sentBytes, method: exchanges[index].method, isReplayable: isReplayable)
  }

  /// The next piece of content, or why there is none. A waiting reader is resumed when there is one; until
  /// then the idle timeout runs.
  package mutating func nextContent(_ index: Index<ClientExchange>) -> ClientContent {
    if let chunk = exchanges[index].inbox.next() {
      resumeReceiving(index)
      // Until more is asked for, the server is not the one that is late.
      disarm(index)
      return .chunk(chunk)
    }
    switch exchanges[index].phase {
    case .complete: return .end
    case .failed: return .failed(exchanges[index].failure ?? .shutDown)
    default:
      setDeadline(index, after: homes[Int(exchanges[index].client)].policy.timeouts.idleRead)
      return .later
    }
  }

  /// The fields of the trailer section; empty before the content's end.
  package func trailers(_ index: Index<ClientExchange>) -> [ResponseField] {
    ResponseField.trailers(in: exchanges[index].trailers.span)
  }

  mutating func resumeReceiving(_ index: Index<ClientExchange>) {
    let connection = exchanges[index].connection
    guard connection != .none, connections[connection].flags.contains(.isPaused),
      exchanges[index].inbox.byteCount * 2 <= homes[Int(exchanges[index].client)].policy.unreadBytes
    else { return }
    connections[connection].flags.remove(.isPaused)
    markDirty(connection)
  }

  // MARK: waiting

  /// Lets the task wait; any change resumes it.
  package mutating func suspend(_ index: Index<ClientExchange>, _ waiter: Waiter) {
    precondition(!exchanges[index].waiter.isWaiting, "two tasks wait for one exchange")
    exchanges[index].waiter = waiter
  }

  /// Lets the task that writes the body wait.
  package mutating func suspendWriter(_ index: Index<ClientExchange>, _ waiter: Waiter) {
    precondition(!exchanges[index].writer.isWaiting, "two tasks write one body")
    exchanges[index].writer = waiter
  }

  package func serial(_ index: Index<ClientExchange>) -> UInt32 { exchanges[index].serial }

  /// The exchange's task was cancelled.
  package mutating func cancel(_ index: Index<ClientExchange>, serial: UInt32) {
    guard Int(index) < exchanges.count, exchanges[index].serial == serial, exchanges[index].phase != .free
    else {
      return
    }
    fail(index, .cancelled)
  }

  /// Facts about the connection, for the caller.
  package func connectionFacts(_ index: Index<ClientExchange>) -> ClientConnectionFacts {
    ClientConnectionFacts(
      identity: exchanges[index].identity, isReused: exchanges[index].isReused, uses: exchanges[index].uses,
      ageTicks: exchanges[index].ageTicks, idleTicks: exchanges[index].idleTicks)
  }
}

/// The next part of a response's content.
package enum ClientContent {
  case chunk(BodyChunk)
  case end
  case failed(ClientFailure)
  /// Nothing yet.
  case later
}

/// The connection that carried an exchange.
package struct ClientConnectionFacts: Sendable {
  package let identity: UInt64
  package let isReused: Bool
  /// Requests on it, including this one.
  package let uses: UInt32
  package let ageTicks: UInt64
  package let idleTicks: UInt64
}

// The next action that follows from a connection's state. It is level-triggered: the order in which things
// happened does not matter.

package import ApusRing

/// The next operation of a load generator's connection.
package enum LoadAction {
  case none
  /// Connect, send, receive.
  case open(SocketAddress, ReadableRegion)
  /// `silent`: the completion of a successful send is not needed.
  case send(ReadableRegion, silent: Bool)
  case receive
  case cancel(Token)
  case close
}

extension LoadTable {
  mutating func nextDirty() -> Int? {
    guard let index = dirty.pop() else { return nil }
    connections[Int(index)].flags.remove(.isDirty)
    return Int(index)
  }

  /// The next action; the table counts it as done.
  mutating func nextAction(_ index: Int) -> LoadAction {
    let flags = connections[index].flags
    switch connections[index].phase {
    case .open:
      if !flags.contains(.receiving) {
        connections[index].flags.insert(.receiving)
        return .receive
      }
      if flags.contains(.wantsLook) {
        connections[index].flags.remove(.wantsLook)
        return .cancel(token(.receive, index))
      }
      guard connections[index].unsent > 0, !flags.contains(.sending) else { return .none }
      let isQuiet = connections[index].unanswered == 0
      let region = takeRun(index)
      let silent = isQuiet && connections[index].unsent == 0 && region.count <= Self.silentBytes
      if !silent {
        connections[index].flags.insert(.sending)
        connections[index].sendBytes = UInt32(region.count)
      }
      return .send(region, silent: silent)
    case .closed:
      guard connections[index].unsent > 0, now < endsAt || arrivals != nil else { return .none }
      connections[index].phase = .connecting
      connections[index].flags.formUnion(.inFlight)
      connections[index].progressAt = now
      tally.connectionsOpened += 1
      let region = takeRun(index)
      connections[index].sendBytes = UInt32(region.count)
      return .open(plan.origins[Int(connections[index].origin)], region)
    case .closing: return nextClosingAction(index)
    case .connecting, .paused: return .none
    }
  }

  /// Takes consecutive unsent requests of one kind; they count as sent.
  private mutating func takeRun(_ index: Int) -> ReadableRegion {
    let sent = Int(connections[index].unanswered)
    let unsent = Int(connections[index].unsent)
    if sent == 0 { connections[index].progressAt = now }
    let kind = asked[cell(index, sent)].kind
    var count = 0
    while count < unsent {
      let cell = cell(index, sent &+ count)
      guard asked[cell].kind == kind else { break }
      // In a closed loop a request counts from when it is sent.
      if arrivals == nil { asked[cell].at = now }
      count &+= 1
    }
    connections[index].unanswered &+= UInt16(count)
    connections[index].unsent &-= UInt16(count)
    let bytes = plan.requests[Int(kind)].byteCount &* count
    tally.bytesSent &+= UInt64(bytes)
    return plan.requests[Int(kind)].copies.region.part(from: 0, count: bytes)
  }

  private mutating func nextClosingAction(_ index: Int) -> LoadAction {
    if connections[index].flags.isDisjoint(with: .inFlight) {
      didClose(index)
      return .close
    }
    return switch connections[index].flags.nextToCancel() {
    case .connect: .cancel(token(.connect, index))
    case .send: .cancel(token(.send, index))
    case .receive: .cancel(token(.receive, index))
    case nil: .none
    }
  }

  mutating func didNotCancel(_ index: Int) {
    connections[index].flags.didNotCancel()
    markDirty(index)
  }
}

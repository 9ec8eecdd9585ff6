// A connection that is given back is granted to a waiter, kept idle, or closed.

extension Pool {
  /// The lease ends after a whole exchange.
  ///
  /// - Parameters:
  ///   - keepsAlive: Both sides allow the connection to be reused, and none of the exchange is left unread.
  ///   - hint: The server's `Keep-Alive: timeout`, in seconds.
  package mutating func release(_ member: Member, keepsAlive: Bool, hint: UInt32? = nil, now: Tick) -> Release
  {
    precondition(members[member].state == .leased, "member \(member) is \(members[member].state), not leased")
    let host = members[member].host
    let idleUntil = idleDeadline(of: member, hint: hint, now: now)
    guard keepsAlive, hint != 0, members[member].uses < limits.usesPerConnection ?? .max,
      lifeEnd(of: member) > now, !isOwedElsewhere(host)
    else {
      members[member].state = .closing
      return .close
    }
    members[member].releasedAt = now
    if !hosts[host].waiters.isEmpty {
      let owner = dequeueWaiter(of: host)
      members[member].uses += 1
      return .granted(Grant(owner: owner, member: member, isReused: true))
    }
    guard idleUntil > now else {
      members[member].state = .closing
      return .close
    }
    members[member].state = .idle
    members[member].idleUntil = idleUntil
    linkIdle(member)
    return .idle(until: idleUntil)
  }

  /// Takes a member out of use: its peer closed it or sent unrequested bytes, its connect or exchange failed,
  /// or its owner wants it gone. The caller closes it and calls `didClose`. A member that is closing already
  /// stays as it is.
  ///
  /// Returns whether the member was not closing yet.
  @discardableResult
  package mutating func discard(_ member: Member) -> Bool {
    switch members[member].state {
    case .free: preconditionFailure("member \(member) is free")
    case .closing: return false
    case .idle: unlinkIdle(member)
    case .connecting, .leased: break
    }
    members[member].state = .closing
    return true
  }

  /// The member's socket is closed. Its place may be the one that a waiter needs.
  package mutating func didClose(_ member: Member) -> Grant? {
    precondition(
      members[member].state == .closing, "member \(member) is \(members[member].state), not closing")
    let host = members[member].host
    members[member] = MemberRecord()
    members.free(member)
    hosts[host].count -= 1
    updateRoom(host)
    let grant = grantRoom()
    dropIfUnused(host)
    return grant
  }

  /// The member's timer fired: returns true if it has been idle for long enough; then the caller closes it.
  /// Returns false also if it is leased again, or idle again with a later deadline.
  package mutating func expire(_ member: Member, now: Tick) -> Bool {
    guard members[member].state == .idle, members[member].idleUntil <= now else { return false }
    return discard(member)
  }

  /// When the member's timer must check it; nil unless it is idle.
  package func idleDeadline(of member: Member) -> Tick? {
    members[member].state == .idle ? members[member].idleUntil : nil
  }

  /// Lists every idle member to be closed: at shutdown, and after a change of network.
  package mutating func retireIdle() {
    while idle.first != .none {
      let member = idle.first
      discard(member)
      toClose.append(member)
    }
  }

  /// When the member reaches its maximum age.
  private func lifeEnd(of member: Member) -> Tick {
    guard let age = limits.ageTicks else { return Tick(rawValue: .max) }
    return members[member].connectedAt + age
  }

  private func idleDeadline(of member: Member, hint: UInt32?, now: Tick) -> Tick {
    var ticks = limits.idleTicks
    if let hint {
      let promised = UInt64(hint) * 1000
      ticks = min(ticks, promised > limits.hintMarginTicks ? promised - limits.hintMarginTicks : 0)
    }
    return min(now + ticks, lifeEnd(of: member))
  }

  /// The place of a connection to `host` is needed otherwise: its first waiter wants a fresh connection, or
  /// the first waiter for room arrived before the first waiter for `host`, if there is any.
  private mutating func isOwedElsewhere(_ host: Index<Host>) -> Bool {
    let first = hosts[host].waiters.first
    if first != .none, waiters[first].wantsFresh { return true }
    guard room.first != .none else { return false }
    let other = hosts[room.first].waiters.first
    return first == .none || waiters[other].arrival < waiters[first].arrival
  }
}

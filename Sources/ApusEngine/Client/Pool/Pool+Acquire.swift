// A request gets an idle connection if there is one, a new one if there is room, else a place in the queue.

extension Pool {
  /// Requests a connection for `owner`, a number that the caller chooses.
  ///
  /// - Parameter fresh: Only an unused connection will do, because a reused one has just failed.
  package mutating func acquire(
    _ key: PoolKey, for owner: Index<ClientExchange>, fresh: Bool = false, now: Tick
  )
    -> Acquisition
  {
    let host = claimHost(key)
    // This overtakes no waiter: a connection is idle while somebody waits only if that waiter wants a fresh
    // one.
    if !fresh, let member = takeIdle(of: host, now: now) { return .reused(member) }
    if hosts[host].waiters.isEmpty, hosts[host].count < limits.connectionsPerHost, hasRoom {
      return .connect(open(host))
    }
    guard waiterCount < limits.waiters else {
      dropIfUnused(host)
      return .full
    }
    let waiter = enqueueWaiter(owner, host, wantsFresh: fresh)
    makeRoom(for: host)
    return .wait(waiter)
  }

  /// The connect has completed; the lease continues.
  package mutating func didConnect(_ member: Member, now: Tick) {
    precondition(members[member].state == .connecting, "member \(member) is \(members[member].state)")
    members[member].state = .leased
    members[member].connectedAt = now
    members[member].releasedAt = now
  }

  /// What a member's connection is opened with.
  func key(of member: Member) -> PoolKey { hosts[members[member].host].key }

  var hasRoom: Bool { connectionCount < limits.connections }

  /// Takes the host's idle member that is next to be used. Members found expired are closed here, because
  /// timers are lazy.
  private mutating func takeIdle(of host: Index<Host>, now: Tick) -> Member? {
    while true {
      let member = limits.order == .freshestFirst ? hosts[host].idle.last : hosts[host].idle.first
      guard member != .none else { return nil }
      unlinkIdle(member)
      if members[member].idleUntil > now {
        members[member].state = .leased
        members[member].uses += 1
        return member
      }
      members[member].state = .closing
      toClose.append(member)
    }
  }

  /// Makes a new member of `host`, connecting. The caller ensures that there is room.
  mutating func open(_ host: Index<Host>) -> Member {
    let member = members.claim()
    members[member] = MemberRecord()
    members[member].state = .connecting
    members[member].host = host
    members[member].uses = 1
    hosts[host].count += 1
    return member
  }

  /// Closes an idle member if that helps the waiter that was just enqueued: at the host's limit one of its
  /// own host (only a waiter that wants a fresh connection finds one), else the member that was idle longest.
  private mutating func makeRoom(for host: Index<Host>) {
    let victim =
      hosts[host].count >= limits.connectionsPerHost
      ? hosts[host].idle.first : hasRoom ? .none : idle.first
    guard victim != .none else { return }
    unlinkIdle(victim)
    members[victim].state = .closing
    toClose.append(victim)
  }

  private mutating func claimHost(_ key: PoolKey) -> Index<Host> {
    if let host = hostNumbers[key] { return host }
    let host = hosts.claim()
    hosts[host] = Host()
    hosts[host].key = key
    hostNumbers[key] = host
    return host
  }

  /// Forgets a host that has neither connections nor waiters.
  mutating func dropIfUnused(_ host: Index<Host>) {
    guard hosts[host].count == 0, hosts[host].waiters.isEmpty else { return }
    hostNumbers[hosts[host].key] = nil
    hosts[host] = Host()
    hosts.free(host)
  }
}

// The queue. For each host it is strictly first come, first served; a waiter may leave at any moment, and
// what it would have got goes to the next. Hosts that lack only room in the whole pool take turns.

extension Pool {
  /// Takes a waiter out of the queue. Returns false if it was served before: then its owner has a lease.
  package mutating func cancel(_ waiter: WaiterID) -> Bool {
    guard Int(waiter.index) < waiters.count, waiters[waiter.index].isWaiting,
      waiters[waiter.index].generation == waiter.generation
    else { return false }
    let host = waiters[waiter.index].host
    removeWaiter(waiter.index, of: host)
    updateRoom(host)
    dropIfUnused(host)
    return true
  }

  mutating func enqueueWaiter(_ owner: Index<ClientExchange>, _ host: Index<Host>, wantsFresh: Bool)
    -> WaiterID
  {
    let waiter = waiters.claim()
    waiters[waiter].owner = owner
    waiters[waiter].host = host
    waiters[waiter].isWaiting = true
    waiters[waiter].wantsFresh = wantsFresh
    waiters[waiter].arrival = arrivals
    arrivals += 1
    let last = hosts[host].waiters.last
    waiters[waiter].links = Links(previous: last, next: .none)
    if last == .none { hosts[host].waiters.first = waiter } else { waiters[last].links.next = waiter }
    hosts[host].waiters.last = waiter
    hosts[host].waiterCount += 1
    waiterCount += 1
    updateRoom(host)
    return WaiterID(index: waiter, generation: waiters[waiter].generation)
  }

  /// Removes the host's first waiter and returns its owner. The host has been served, so it goes to the end
  /// of the queue for room.
  mutating func dequeueWaiter(of host: Index<Host>) -> Index<ClientExchange> {
    let waiter = hosts[host].waiters.first
    let owner = waiters[waiter].owner
    removeWaiter(waiter, of: host)
    if hosts[host].wantsRoom { leaveRoomLine(host) }
    updateRoom(host)
    return owner
  }

  private mutating func removeWaiter(_ waiter: Index<Standing>, of host: Index<Host>) {
    let links = waiters[waiter].links
    if links.previous == .none {
      hosts[host].waiters.first = links.next
    } else {
      waiters[links.previous].links.next = links.next
    }
    if links.next == .none {
      hosts[host].waiters.last = links.previous
    } else {
      waiters[links.next].links.previous = links.previous
    }
    waiters[waiter].isWaiting = false
    waiters[waiter].generation &+= 1
    waiters.free(waiter)
    hosts[host].waiterCount -= 1
    waiterCount -= 1
  }

  /// A host wants room while its first waiter could connect if the whole pool had room.
  mutating func updateRoom(_ host: Index<Host>) {
    let wants = !hosts[host].waiters.isEmpty && hosts[host].count < limits.connectionsPerHost
    if wants == hosts[host].wantsRoom { return }
    if !wants { return leaveRoomLine(host) }
    hosts[host].wantsRoom = true
    hosts[host].ofRoom = Links(previous: room.last, next: .none)
    if room.last == .none { room.first = host } else { hosts[room.last].ofRoom.next = host }
    room.last = host
  }

  private mutating func leaveRoomLine(_ host: Index<Host>) {
    hosts[host].wantsRoom = false
    let links = hosts[host].ofRoom
    if links.previous == .none {
      room.first = links.next
    } else {
      hosts[links.previous].ofRoom.next = links.next
    }
    if links.next == .none {
      room.last = links.previous
    } else {
      hosts[links.next].ofRoom.previous = links.previous
    }
  }

  /// Gives room, if there is any, to the host whose turn it is.
  mutating func grantRoom() -> Grant? {
    guard hasRoom, room.first != .none else { return nil }
    let host = room.first
    let member = open(host)
    return Grant(owner: dequeueWaiter(of: host), member: member, isReused: false)
  }
}

// The pool's lists: their links are inside the records, so that insertion and removal cost O(1) and allocate
// nothing. The invariants that tests check after each event are here too.

extension Pool {
  struct Links<Element> {
    var previous = Index<Element>.none
    var next = Index<Element>.none
  }

  struct Ends<Element> {
    var first = Index<Element>.none
    var last = Index<Element>.none
    var isEmpty: Bool { first == .none }
  }

  mutating func linkIdle(_ member: Member) {
    let host = members[member].host
    let last = hosts[host].idle.last
    members[member].ofHost = Links(previous: last, next: .none)
    if last == .none { hosts[host].idle.first = member } else { members[last].ofHost.next = member }
    hosts[host].idle.last = member

    members[member].ofAll = Links(previous: idle.last, next: .none)
    if idle.last == .none { idle.first = member } else { members[idle.last].ofAll.next = member }
    idle.last = member
    idleCount += 1
  }

  mutating func unlinkIdle(_ member: Member) {
    let host = members[member].host
    let ofHost = members[member].ofHost
    if ofHost.previous == .none {
      hosts[host].idle.first = ofHost.next
    } else {
      members[ofHost.previous].ofHost.next = ofHost.next
    }
    if ofHost.next == .none {
      hosts[host].idle.last = ofHost.previous
    } else {
      members[ofHost.next].ofHost.previous = ofHost.previous
    }
    let ofAll = members[member].ofAll
    if ofAll.previous == .none {
      idle.first = ofAll.next
    } else {
      members[ofAll.previous].ofAll.next = ofAll.next
    }
    if ofAll.next == .none {
      idle.last = ofAll.previous
    } else {
      members[ofAll.next].ofAll.previous = ofAll.previous
    }
    idleCount -= 1
  }

  /// Traps unless every list, count and bound agrees with the others. O(everything).
  package mutating func checkInvariants() {
    var counts: [Index<Host>: Int] = [:]
    var idleMembers = 0
    for index in members.indices where members[index].state != .free {
      counts[members[index].host, default: 0] += 1
      if members[index].state == .idle { idleMembers += 1 }
    }
    precondition(idleMembers == idleCount, "\(idleMembers) idle, \(idleCount) counted")
    precondition(counts.values.reduce(0, +) == connectionCount, "members are counted wrongly")
    precondition(connectionCount <= limits.connections, "\(connectionCount) connections")
    precondition(hostNumbers.count == hosts.claimedCount, "hosts and their numbers disagree")
    var idleOfHosts = 0
    var waiting = 0
    for (key, host) in hostNumbers {
      precondition(hosts[host].key == key, "a host has another's key")
      precondition(hosts[host].count == counts[host] ?? 0, "count of \(key.host)")
      precondition(hosts[host].count <= limits.connectionsPerHost, "bound of \(key.host)")
      precondition(hosts[host].count > 0 || hosts[host].waiterCount > 0, "\(key.host) is kept for nothing")
      idleOfHosts += length(hosts[host].idle) { $0.members[$1].ofHost }
      let length = length(hosts[host].waiters) { $0.waiters[$1].links }
      precondition(length == hosts[host].waiterCount, "waiters of \(key.host)")
      waiting += length
      let wants = length > 0 && hosts[host].count < limits.connectionsPerHost
      precondition(hosts[host].wantsRoom == wants, "\(key.host) and the line for room disagree")
      precondition(!wants || !hasRoom, "somebody waits for room that is there")
      checkIdleness(of: host)
    }
    precondition(waiting == waiterCount && waiting == waiters.claimedCount, "\(waiting) waiters")
    precondition(idleOfHosts == idleCount, "idle members outside their hosts")
    precondition(length(idle) { $0.members[$1].ofAll } == idleCount, "the list of all idle members")
    let rooms = hostNumbers.values.filter { hosts[$0].wantsRoom }.count
    precondition(length(room) { $0.hosts[$1].ofRoom } == rooms, "the line for room")
  }

  /// No connection is idle while somebody waits who could use it.
  private mutating func checkIdleness(of host: Index<Host>) {
    let first = hosts[host].waiters.first
    guard first != .none, !waiters[first].wantsFresh else { return }
    precondition(hosts[host].idle.isEmpty, "a connection lies idle while somebody waits for it")
  }

  private func length<Element>(
    _ ends: Ends<Element>, _ links: (borrowing Pool, Index<Element>) -> Links<Element>
  ) -> Int {
    var count = 0
    var previous = Index<Element>.none
    var index = ends.first
    while index != .none {
      let here = links(self, index)
      precondition(here.previous == previous, "a list's links disagree at \(index)")
      previous = index
      index = here.next
      count += 1
    }
    precondition(ends.last == previous, "a list's last is not its end")
    return count
  }
}

// ListenPlan: from the TCP addresses that a server is given to sockets that do not get into each other's way.
// An address that is listed twice, under one name or two, is listened on once.

/// An error, and which of the addresses has it.
package struct ListenFault: Error {
  package let error: ListenError
  /// In the order in which they were given.
  package let entry: Int

  package init(error: ListenError, entry: Int) {
    self.error = error
    self.entry = entry
  }
}

struct ListenPlan {
  /// Addresses that are listened at with one port.
  struct Group {
    var port: UInt16
    var addresses: [(address: ResolvedAddress, entry: Int)]
  }

  private(set) var groups: [Group] = []
  /// Whether another entry listens on one of this entry's addresses, by entry.
  private(set) var isCovered: [Bool]

  /// - Parameter addresses: As they were given.
  init(_ addresses: [ListenAddress]) throws(ListenFault) {
    isCovered = Array(repeating: false, count: addresses.count)
    for (entry, address) in addresses.enumerated() {
      do throws(ListenError) {
        let resolved = try ResolvedAddress.all(of: address)
        groups.append(Group(port: address.port, addresses: resolved.map { ($0, entry) }))
      } catch {
        throw ListenFault(error: error, entry: entry)
      }
    }
    joinWildcardsWithoutPort()
    separateFamilies()
    leaveOutWhatIsCovered()
  }

  /// `0.0.0.0:0` and `[::]:0` are one server's everywhere, so they get one port.
  private mutating func joinWildcardsWithoutPort() {
    func isWildcard(_ group: Group, _ family: ResolvedAddress.Wildcard) -> Bool {
      group.port == 0 && group.addresses.count == 1 && group.addresses[0].address.wildcard == family
    }
    guard let first = groups.firstIndex(where: { isWildcard($0, .v4) }),
      let second = groups.firstIndex(where: { isWildcard($0, .v6) })
    else { return }
    groups[first].addresses += groups[second].addresses
    groups.remove(at: second)
  }

  /// `::` takes IPv4's connections, too, unless somebody else is listed for them: then it is IPv6's
  /// alone (IPV6_V6ONLY, ipv6(7)).
  private mutating func separateFamilies() {
    for index in groups.indices {
      let hasOther =
        groups.indices.contains(where: { other in
          (other == index || groups[index].port != 0 && groups[other].port == groups[index].port)
            && groups[other].addresses.contains { $0.address.wildcard == .v4 }
        })
      guard hasOther else { continue }
      for place in groups[index].addresses.indices
      where groups[index].addresses[place].address.wildcard == .v6 {
        groups[index].addresses[place].address.takesVersion6Only = true
      }
    }
  }

  private mutating func leaveOutWhatIsCovered() {
    var kept: [(address: ResolvedAddress, port: UInt16)] = []
    let wildcards = groups.flatMap { group in
      group.addresses.filter { $0.address.wildcard != nil }.map { (address: $0.address, port: group.port) }
    }
    for index in groups.indices {
      let port = groups[index].port
      var rest: [(address: ResolvedAddress, entry: Int)] = []
      for candidate in groups[index].addresses {
        let others = (candidate.address.wildcard == nil ? kept + wildcards : kept)
        if port != 0, others.contains(where: { $0.port == port && $0.address.covers(candidate.address) }) {
          isCovered[candidate.entry] = true
        } else {
          kept.append((candidate.address, port))
          rest.append(candidate)
        }
      }
      groups[index].addresses = rest
    }
  }
}

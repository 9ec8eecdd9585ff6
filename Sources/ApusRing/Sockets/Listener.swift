// Listener: a bound and listening TCP socket. Each core has its own on the same port (SO_REUSEPORT,
// socket(7)), so the kernel spreads new connections and no accept queue is shared. Plain system
// calls: this is start-up.

internal import Glibc

/// Why no socket could be bound.
package enum ListenError: Error, Sendable, Equatable {
  case addressInUse
  case permissionDenied
  case addressNotAvailable
  case unknownHost(String)
  /// A path that no Unix socket can stand at, and why.
  case badPath(String)
  case failed(operation: String, errno: Int32)
}

/// An address to listen on: a numeric host or a name, and a port, 0 for any free one.
package struct ListenAddress: Sendable, Equatable {
  /// The addresses that the name resolves to; each may resolve to several itself.
  package var hosts: [String]
  package var port: UInt16

  /// The host that means every address of this machine, of whatever families it has.
  package static let everywhere = "*"

  package init(host: String, port: UInt16) { self.init(hosts: [host], port: port) }

  package init(hosts: [String], port: UInt16) {
    self.hosts = hosts
    self.port = port
  }
}

/// The address that a listening socket is bound to.
package struct BoundSocket: Sendable, Equatable, CustomStringConvertible {
  /// Which of the addresses that were given it is for.
  package let entry: Int
  /// Numeric.
  package let host: String
  package let port: UInt16
  /// It is bound to ::, and IPv4's connections come to it, too.
  package let takesBothFamilies: Bool

  /// The kernel can make sockets of IPv6.
  package static var canHaveVersion6: Bool { ResolvedAddress.hasVersion6 }

  /// The same, counted by another list.
  package func `for`(_ entry: Int) -> BoundSocket {
    BoundSocket(entry: entry, host: host, port: port, takesBothFamilies: takesBothFamilies)
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Listening sockets for all cores, in their order; ordinary descriptors.
package struct Listeners: Sendable {
  package let descriptors: [Int32]
  package let socket: BoundSocket
  package var port: UInt16 { socket.port }

  /// Connections that the kernel completes while a core is busy, per core (listen(2)).
  package static let backlog: Int32 = 4096

  /// Listens at every address that this machine has of those that these mean, of each one with one port:
  /// `localhost` is often two. What another one covers is listened at once. An error for one that means none
  /// here, or if one of those that it means cannot be had.
  package static func all(
    _ addresses: [ListenAddress], count: Int, defersAccept: Bool = false
  ) throws(ListenFault) -> [Listeners] {
    let plan = try ListenPlan(addresses)
    var made: [Listeners] = []
    do throws(ListenFault) {
      for group in plan.groups { made += try all(group, count: count, defersAccept: defersAccept) }
      for (entry, isCovered) in plan.isCovered.enumerated() where !isCovered {
        guard made.contains(where: { $0.socket.entry == entry }) else {
          throw ListenFault(error: .addressNotAvailable, entry: entry)
        }
      }
    } catch {
      for listeners in made { close(listeners.descriptors) }
      throw error
    }
    return made
  }

  private static let attemptLimit = 8

  private static func all(
    _ group: ListenPlan.Group, count: Int, defersAccept: Bool
  ) throws(ListenFault) -> [Listeners] {
    var attempts = group.port == 0 ? attemptLimit : 1
    while true {
      attempts -= 1
      do throws(ListenFault) {
        return try attempt(group, count: count, defersAccept: defersAccept)
      } catch {
        // The port that was free at one address is taken at another: the next one may not be.
        guard error.error == .addressInUse, attempts > 0 else { throw error }
      }
    }
  }

  /// Leaves out what this machine has not.
  private static func attempt(
    _ group: ListenPlan.Group, count: Int, defersAccept: Bool
  ) throws(ListenFault) -> [Listeners] {
    var made: [Listeners] = []
    for (address, entry) in group.addresses {
      do throws(ListenError) {
        let address = address.withPort(made.first?.port ?? group.port)
        made.append(try Listeners(address, entry: entry, count: count, defersAccept: defersAccept))
      } catch {
        if error == .addressNotAvailable { continue }
        for listeners in made { close(listeners.descriptors) }
        throw ListenFault(error: error, entry: entry)
      }
    }
    return made
  }

  /// Binds `count` sockets to one port of the first address that the host has.
  package init(_ address: ListenAddress, count: Int, defersAccept: Bool = false) throws(ListenError) {
    guard let first = try ResolvedAddress.all(of: address).first else {
      throw .unknownHost(address.hosts.joined(separator: " "))
    }
    try self.init(first, entry: 0, count: count, defersAccept: defersAccept)
  }

  /// SO_REUSEPORT would let a second server take half of another's connections without a word, so a probe
  /// without it comes first. The port of a server that has just ended stays taken for some milliseconds,
  /// while the kernel takes its rings down: the probe is repeated for up to a second.
  private init(
    _ resolved: ResolvedAddress, entry: Int, count: Int, defersAccept: Bool
  ) throws(ListenError) {
    try Self.probe(resolved)
    var descriptors: [Int32] = []
    var port = resolved.port
    do throws(ListenError) {
      for _ in 0..<count {
        let descriptor = try resolved.withPort(port).bind(sharingPort: true, defersAccept: defersAccept)
        descriptors.append(descriptor)
        guard listen(descriptor, Self.backlog) == 0 else {
          throw ListenError.failed(operation: "listen", errno: errno)
        }
        if port == 0 { port = ResolvedAddress.boundPort(of: descriptor) }
      }
    } catch {
      for descriptor in descriptors { Self.close(descriptor) }
      throw error
    }
    self.descriptors = descriptors
    socket = BoundSocket(
      entry: entry, host: resolved.text, port: port,
      takesBothFamilies: resolved.wildcard == .v6 && !resolved.takesVersion6Only)
  }

  /// Closes listeners that no ring has taken over.
  package static func close(_ descriptors: [Int32]) {
    for descriptor in descriptors { close(descriptor) }
  }

  /// Closes a listener that no ring has taken over.
  package static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

  private static func probe(_ address: ResolvedAddress) throws(ListenError) {
    guard address.port != 0 else { return }
    let patience = 1_000_000_000 as UInt64
    let start = Instant.monotonic()
    while true {
      do throws(ListenError) {
        Self.close(try address.bind(sharingPort: false))
        return
      } catch {
        guard error == .addressInUse, Instant.monotonic().nanoseconds - start.nanoseconds < patience else {
          throw error
        }
        usleep(5_000)
      }
    }
  }
}

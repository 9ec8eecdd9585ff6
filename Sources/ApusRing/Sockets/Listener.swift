// Listener: a bound and listening TCP socket. Each core has its own on the same port (SO_REUSEPORT, socket(7)), so
// the kernel spreads new connections and no accept queue is shared. Plain system calls: this is start-up.

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
  package var host: String
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }
}

/// Listening sockets for all cores, in their order; ordinary descriptors.
package struct Listeners: Sendable {
  package let descriptors: [Int32]
  package let port: UInt16

  /// Connections that the kernel completes while a core is busy, per core (listen(2)).
  package static let backlog: Int32 = 4096

  /// Listens at every address of these hosts that this machine has, all with one port: `localhost` is often two. An error if it
  /// has none, or if one of those that it has cannot be had.
  package static func all(
    _ hosts: [String], port: UInt16, count: Int, defersAccept: Bool = false
  ) throws(ListenError) -> [Listeners] {
    var addresses: [ResolvedAddress] = []
    for host in hosts { try ResolvedAddress.add(ListenAddress(host: host, port: port), to: &addresses) }
    var attempts = port == 0 ? attemptLimit : 1
    while true {
      attempts -= 1
      do throws(ListenError) {
        return try all(addresses, port: port, count: count, defersAccept: defersAccept)
      } catch {
        // The port that was free at one address is taken at another: the next one may not be.
        guard error == .addressInUse, attempts > 0 else { throw error }
      }
    }
  }

  private static let attemptLimit = 8

  private static func all(
    _ addresses: [ResolvedAddress], port: UInt16, count: Int, defersAccept: Bool
  ) throws(ListenError) -> [Listeners] {
    var made: [Listeners] = []
    var missing: ListenError?
    for address in addresses {
      do throws(ListenError) {
        let address = address.withPort(made.first?.port ?? port)
        made.append(try Listeners(address, count: count, defersAccept: defersAccept))
      } catch {
        missing = error
        if error == .addressNotAvailable { continue }
        for listeners in made { close(listeners.descriptors) }
        throw error
      }
    }
    if made.isEmpty, let missing { throw missing }
    return made
  }

  /// Binds `count` sockets to one port of the first address that the host has.
  package init(_ address: ListenAddress, count: Int, defersAccept: Bool = false) throws(ListenError) {
    var addresses: [ResolvedAddress] = []
    try ResolvedAddress.add(address, to: &addresses)
    guard let first = addresses.first else { throw .unknownHost(address.host) }
    try self.init(first, count: count, defersAccept: defersAccept)
  }

  /// SO_REUSEPORT would let a second server take half of another's connections without a word, so a probe without
  /// it comes first. The port of a server that has just ended stays taken for some milliseconds, while the kernel
  /// takes its rings down: the probe is repeated for up to a second.
  private init(_ resolved: ResolvedAddress, count: Int, defersAccept: Bool) throws(ListenError) {
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
    self.port = port
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

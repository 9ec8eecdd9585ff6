// Listening: the sockets of a server that starts, bound and listening, until its cores take them over.

import ApusRing

/// All sockets, and what they are bound to.
struct Listening {
  /// By core; of each as many as there are addresses, more where a host name means several, fewer
  /// where one covers another.
  private(set) var descriptors: [[Int32]]
  /// Whether a core's sockets, in their order, speak TLS.
  private(set) var areSecured: [Bool] = []
  private let securedAddresses: Int
  /// As configured, those for plain HTTP behind the others, but that each port is the one that was found.
  private(set) var addresses: [Server.Address]
  /// The TCP sockets as bound; of each, `entry` is an index of `addresses`.
  private(set) var sockets: [BoundSocket] = []
  private(set) var files: [SocketFile] = []

  /// Binds every address for `cores` cores, or none: an error says which could not be,
  /// and the others are let go.
  init(_ configuration: Server.Configuration, cores: Int) throws(ServerError) {
    descriptors = Array(repeating: [], count: cores)
    addresses = (configuration.listen + configuration.plainListen).map(\.inUsualSpelling)
    securedAddresses = configuration.security == nil ? 0 : configuration.listen.count
    guard (1...16).contains(addresses.count) else {
      throw .badConfiguration(
        explanation: "a server listens on 1 to 16 addresses, not \(addresses.count)")
    }
    do throws(ListenFault) {
      try listenOnTCP(configuration)
      try listenOnUnix()
    } catch {
      close()
      throw ServerError(error.error, addresses[error.entry])
    }
  }

  /// The port of the first address where TLS is spoken, if plain ones redirect there and no other is named.
  func redirectPort(_ configuration: Server.Configuration) -> UInt16? {
    guard case .redirect(let port) = configuration.plainAction else { return nil }
    if let port { return port }
    for case .tcp(_, let port) in addresses.prefix(securedAddresses) { return port }
    return nil
  }

  private mutating func listenOnTCP(_ configuration: Server.Configuration) throws(ListenFault) {
    var (wanted, entries): ([ListenAddress], [Int]) = ([], [])
    for (index, address) in addresses.enumerated() {
      guard case .tcp(let host, let port) = address else { continue }
      wanted.append(ListenAddress(host: host, port: port))
      entries.append(index)
    }
    let made: [Listeners]
    do throws(ListenFault) {
      made = try Listeners.all(
        wanted, count: descriptors.count, defersAccept: configuration.acceptsWithFirstBytes)
    } catch {
      throw ListenFault(error: error.error, entry: entries[error.entry])
    }
    for listeners in made {
      take(listeners.descriptors, of: entries[listeners.socket.entry])
      let socket = listeners.socket.for(entries[listeners.socket.entry])
      sockets.append(socket)
      if case .tcp(let host, _) = addresses[socket.entry] {
        addresses[socket.entry] = .tcp(host, socket.port)
      }
    }
  }

  private mutating func listenOnUnix() throws(ListenFault) {
    var modes: [UInt16] = []
    for (index, address) in addresses.enumerated() {
      guard case .unix(let path, let mode) = address else { continue }
      do throws(ListenError) {
        if let own = files.firstIndex(where: { $0.isNamed(by: path) }) {
          guard modes[own] == mode else { throw .badPath("it is listed twice, with different modes") }
          continue
        }
        let listeners = try UnixListeners(path: path, mode: mode, count: descriptors.count)
        files.append(listeners.file)
        modes.append(mode)
        take(listeners.descriptors, of: index)
      } catch {
        throw ListenFault(error: error, entry: index)
      }
    }
  }

  /// - Parameters:
  ///   - sockets: One for each core.
  ///   - address: The index of their address.
  private mutating func take(_ sockets: [Int32], of address: Int) {
    areSecured.append(address < securedAddresses)
    for core in descriptors.indices { descriptors[core].append(sockets[core]) }
  }

  /// Lets all go that no core has taken over.
  private func close() {
    for core in descriptors { Listeners.close(core) }
    for file in files { file.remove() }
  }
}

extension ServerError {
  init(_ error: ListenError, _ address: Server.Address) {
    switch address {
    case .tcp(let host, let port): self.init(error, host: host, port: port)
    case .unix(let path, _): self.init(error, path: path)
    }
  }

  private init(_ error: ListenError, host: String, port: UInt16) {
    switch error {
    case .addressInUse: self = .addressInUse(host: host, port: port)
    case .permissionDenied: self = .permissionDenied(host: host, port: port)
    case .addressNotAvailable:
      self = .badAddress(host: host, explanation: Self.absence(of: host, port))
    case .unknownHost: self = .badAddress(host: host, explanation: "the name does not resolve to an address")
    case .badPath(let explanation): self = .badAddress(host: host, explanation: explanation)
    case .failed(let operation, let errno):
      self = .failed(explanation: "\(operation) on \(host):\(port) failed with errno \(errno)")
    }
  }

  private static func absence(of host: String, _ port: UInt16) -> String {
    guard host.contains(":") else { return "no interface of this machine has that address" }
    return BoundSocket.canHaveVersion6
      ? "no interface of this machine has that address (sysctl net.ipv6.conf.all.disable_ipv6 takes away all of IPv6)"
      : "this machine has no IPv6; 0.0.0.0:\(port) is every address of IPv4, and *:\(port) every one that there is"
  }

  private init(_ error: ListenError, path: String) {
    switch error {
    case .addressInUse: self = .socketInUse(path: path)
    case .permissionDenied: self = .socketForbidden(path: path)
    case .badPath(let explanation): self = .badAddress(host: "unix:\(path)", explanation: explanation)
    case .addressNotAvailable, .unknownHost:
      self = .badAddress(host: "unix:\(path)", explanation: "no socket can be made there")
    case .failed(let operation, let errno):
      self = .failed(explanation: "\(operation) on unix:\(path) failed with errno \(errno)")
    }
  }
}

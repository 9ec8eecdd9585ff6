// Listening: the sockets of a server that starts, bound and listening, until its cores take them over.

import ApusRing

/// All sockets, and what they are bound to.
struct Listening {
  /// By core; of each as many as there are addresses, and more where a host name means several.
  private(set) var descriptors: [[Int32]]
  /// As bound: each port is the one that was found.
  private(set) var addresses: [Server.Address] = []
  private(set) var files: [SocketFile] = []

  /// Binds every address for `cores` cores, or none: an error says which could not be, and the others are let go.
  init(_ configuration: Server.Configuration, cores: Int) throws(ServerError) {
    descriptors = Array(repeating: [], count: cores)
    guard !configuration.listen.isEmpty, configuration.listen.count <= 16 else {
      throw .badConfiguration(
        explanation: "a server listens on 1 to 16 addresses, not \(configuration.listen.count)")
    }
    for address in configuration.listen {
      do throws(ListenError) {
        try add(address, configuration)
      } catch {
        close()
        throw ServerError(error, address)
      }
    }
  }

  private mutating func add(
    _ address: Server.Address, _ configuration: Server.Configuration
  ) throws(ListenError) {
    switch address {
    case .tcp(let host, let port):
      let listeners = try Listeners.all(
        [host], port: port, count: descriptors.count, defersAccept: configuration.acceptsWithFirstBytes)
      take(listeners.map(\.descriptors), .tcp(host, listeners[0].port))
    case .unix(let path, let mode):
      let listeners = try UnixListeners(path: path, mode: mode, count: descriptors.count)
      files.append(listeners.file)
      take([listeners.descriptors], address)
    }
  }

  /// - Parameter bound: A socket for each core, as often as the address's name means one.
  private mutating func take(_ bound: [[Int32]], _ address: Server.Address) {
    for sockets in bound {
      for core in descriptors.indices { descriptors[core].append(sockets[core]) }
    }
    addresses.append(address)
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
      self = .badAddress(host: host, explanation: "no interface of this machine has that address")
    case .unknownHost: self = .badAddress(host: host, explanation: "the name does not resolve to an address")
    case .badPath(let explanation): self = .badAddress(host: host, explanation: explanation)
    case .failed(let operation, let errno):
      self = .failed(explanation: "\(operation) on \(host):\(port) failed with errno \(errno)")
    }
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

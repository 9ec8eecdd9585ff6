// ServerError: why a server cannot start; each a sentence that says what to do.

/// An error that keeps a server from starting.
public enum ServerError: Error, Sendable, CustomStringConvertible {
  /// The port is taken: by another process, or another server of this one.
  case addressInUse(host: String, port: UInt16)
  /// The port or address needs a privilege that this process lacks.
  case permissionDenied(host: String, port: UInt16)
  /// Somebody answers at the Unix socket: another process, or another server of this one.
  case socketInUse(path: String)
  /// This process may not make the Unix socket.
  case socketForbidden(path: String)
  /// The host name means nothing, or no local address.
  case badAddress(host: String, explanation: String)
  /// io_uring is missing, forbidden, or short of memory.
  case ringUnavailable(explanation: String)
  /// A directory to serve cannot be opened.
  case filesUnavailable(explanation: String)
  /// Patterns are malformed, or routed twice: `Router.faults`.
  case badRoutes(faults: [String])
  /// A limit or time-out is out of its range.
  case badConfiguration(explanation: String)
  /// Any other failure of the operating system.
  case failed(explanation: String)

  /// One sentence: the failure, the place, and what to do about it.
  public var description: String {
    switch self {
    case .addressInUse(let host, let port):
      "port \(port) on \(host) is in use; choose another port, or end the process that listens there "
        + "(ss -ltnp 'sport = :\(port)' shows it)"
    case .permissionDenied(let host, let port):
      "port \(port) on \(host) needs a privilege: choose a port from 1024 on, or allow this one "
        + "(setcap cap_net_bind_service=+ep, or sysctl net.ipv4.ip_unprivileged_port_start)"
    case .socketInUse(let path):
      "unix:\(path) is in use; choose another path, or end the process that answers there "
        + "(ss -lxp 'src = \(path)' shows it)"
    case .socketForbidden(let path):
      "no socket can be made at unix:\(path): this user may not write to its directory"
    case .badAddress(let host, let explanation): "cannot listen on \(host): \(explanation)"
    case .ringUnavailable(let explanation): explanation
    case .filesUnavailable(let explanation): explanation
    case .badRoutes(let faults):
      "the routes cannot be served: \(faults.joined(separator: "; "))"
    case .badConfiguration(let explanation): explanation
    case .failed(let explanation): explanation
    }
  }
}

// PoolKey: what two requests must have in common to go over the same connection.

/// Everything that a connection was opened with. Whatever is left out here would one day be shared by
/// mistake: a request for one server name on a connection that was verified for another, or past a proxy.
package struct PoolKey: Hashable, Sendable {
  package enum Scheme: UInt8, Sendable { case http, https }

  package var scheme: Scheme
  /// In lower case; the path of the socket for a unix socket.
  package var host: String
  /// 0 for a unix socket.
  package var port: UInt16
  /// The name that TLS asks for and verifies; nil without TLS.
  package var serverName: String?
  /// Which TLS configuration; 0 without TLS.
  package var tlsConfiguration: UInt32
  /// What a proxy at `host` is asked to connect to, if it is to make a tunnel (CONNECT).
  package struct Tunnel: Hashable, Sendable {
    /// The server's host and port.
    package let authority: String
    /// The value of `Proxy-Authorization`.
    package let authorization: String?

    package init(to authority: String, authorization: String?) {
      self.authority = authority
      self.authorization = authorization
    }
  }

  package var tunnel: Tunnel?
  /// The address that the connection is bound to on this side.
  package var localAddress: String?

  /// Connections with one of these may resume each other's sessions.
  package var resumptionKey: String {
    "\(serverName ?? "") \(host) \(port) \(tlsConfiguration) \(tunnel?.authority ?? "")"
  }

  package init(
    scheme: Scheme = .http, host: String, port: UInt16, serverName: String? = nil,
    tlsConfiguration: UInt32 = 0,
    tunnel: Tunnel? = nil, localAddress: String? = nil
  ) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.serverName = serverName
    self.tlsConfiguration = tlsConfiguration
    self.tunnel = tunnel
    self.localAddress = localAddress
  }
}

// PoolKey: what two requests must have in common to use one connection.

/// Every parameter that a connection was opened with. A parameter left out would let requests share a
/// connection by mistake: one verified for another server name, or one that bypasses a proxy.
package struct PoolKey: Hashable, Sendable {
  package enum Scheme: UInt8, Sendable { case http, https }

  package var scheme: Scheme
  /// In lower case; for a unix socket, its path.
  package var host: String
  /// 0 for a unix socket.
  package var port: UInt16
  /// The name that TLS asks for and verifies; nil without TLS.
  package var serverName: String?
  /// The number of the TLS configuration; 0 without TLS.
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

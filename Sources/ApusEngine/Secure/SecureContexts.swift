// Where sessions come from. Both are made for one core, and are used by its thread alone.

/// Makes the sessions of accepted connections. It is replaced when certificates are read anew; sessions that
/// it made keep it alive.
package protocol SecureAcceptor: AnyObject {
  func makeSession() -> any SecureSession
}

/// Makes the sessions of connections that the core opens.
package protocol SecureConnector: AnyObject {
  func makeSession(as identity: SecureIdentity) -> any SecureSession
}

/// Who a client's connection is to reach.
package struct SecureIdentity: Hashable, Sendable {
  /// A host's name, or an address as text without brackets. The server is asked for it, unless it is an
  /// address, and its certificate must have it.
  package var name: String
  /// In the order of preference; none: the server is not asked, and speaks HTTP/1.1.
  package var protocols: [ApplicationProtocol]
  /// What a connection must have in common with an earlier one to resume its session: the pool's key as text.
  /// nil: each connection begins anew.
  package var resumptionKey: String?

  package init(name: String, protocols: [ApplicationProtocol] = [.http11], resumptionKey: String? = nil) {
    self.name = name
    self.protocols = protocols
    self.resumptionKey = resumptionKey
  }
}

/// What a ring makes sessions with.
package struct SecureContexts {
  /// How each listener speaks TLS; nil for plain ones, as for those beyond the last.
  private let listeners: [ServerSecurity?]
  /// Time that a turn gives to handshakes, after which no other step begins: one full handshake is a step of
  /// 0.15 ms (ECDSA) to 0.8 ms (RSA), for which a request may have to wait.
  package var handshakeNanoseconds: UInt64 = 100_000
  private var acceptors: [(any SecureAcceptor)?]

  package init(listeners: [ServerSecurity?] = []) {
    self.listeners = listeners
    acceptors = listeners.map { $0?.makeAcceptor() }
  }

  /// For connections from now on; those that are open keep what they have.
  package mutating func renew() { acceptors = listeners.map { $0?.makeAcceptor() } }

  func acceptor(_ listener: Int) -> (any SecureAcceptor)? {
    listener < acceptors.count ? acceptors[listener] : nil
  }
}

// TLS of the core's own connections: who is asked for, and what came of it.

import ApusRing

extension ClientTable {
  /// A session for a connection whose socket was just made; nil where it speaks plain HTTP.
  mutating func makeSession(_ connection: Index<ClientConnection>) -> (any SecureSession)? {
    let index = connections[connection].exchange
    let home = homes[Int(connections[connection].client)]
    let key = home.pool.key(of: exchanges[index].member)
    guard key.scheme == .https else { return nil }
    guard let connector = home.connector, let name = key.serverName else {
      preconditionFailure("a connection to \(key.host) without security")
    }
    let session = connector.makeSession(as: SecureIdentity(name: name, resumptionKey: key.resumptionKey))
    guard let tunnel = key.tunnel else { return session }
    return TunnelSession(session, to: tunnel.authority, authorization: tunnel.authorization)
  }

  /// The handshake, or what came behind it, broke the session.
  package mutating func didFailSecurely(_ failure: SecureFailure, _ connection: Index<ClientConnection>) {
    let phase = connections[connection].phase
    let index = connections[connection].exchange
    noteEnding(connection, .tlsFailed)
    guard index != .none, phase == .connecting || phase == .leased else {
      if phase == .idle || phase == .draining { beginClosing(connection, .tlsFailed) }
      return
    }
    fail(index, .secure(failure))
  }

  package mutating func wantsSecureFacts(_ connection: Index<ClientConnection>) -> Bool {
    home(of: connection).policy.onSecure != nil
  }

  package mutating func didSecure(
    _ connection: Index<ClientConnection>, _ facts: SecureFacts, _ certificates: [PeerCertificate]
  ) {
    home(of: connection).policy.onSecure?(connections[connection].identity, facts, certificates)
  }
}

// ConnectionSecurity: what a handler may know of the TLS that a request came over.

/// What the handshake of a request's connection agreed on.
public final class ConnectionSecurity: Sendable {
  /// The version of TLS.
  public let version: SecureVersion
  /// The cipher suite by its name in IANA's list, as in `TLS_AES_128_GCM_SHA256`.
  public let suite: String
  /// The host that the client asked for (RFC 6066 section 3); nil if it named none.
  public let serverName: String?
  /// An earlier session was resumed.
  public let isResumed: Bool
  /// The client's certificate, verified; nil if it was not asked for one, or showed none.
  public let client: PeerCertificate?

  init(_ facts: SecureFacts) {
    version = facts.version ?? .tls12
    suite = facts.suite?.name ?? ""
    serverName = facts.serverName
    isResumed = facts.isResumed
    client = facts.peer
  }
}

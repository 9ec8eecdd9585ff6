// TLSClientConfiguration: whom a client believes, and who it is.

public import ApusEngine

/// How a client speaks TLS. A value, from which each core makes a context of its own.
public struct TLSClientConfiguration: Sendable {
  /// Whom to believe.
  public enum Verification: Sendable {
    /// The server's certificate must have the name or address that was asked for, hold today, and come from
    /// one of these.
    case authorities(TrustStore)
    /// Anybody can be on the other side.
    case off
  }

  /// Whom to believe.
  public var verification: Verification
  /// Who the client is, for servers that ask: the first of the set.
  public var certificate: CertificateSet?
  /// The oldest version that is spoken.
  public var minimumVersion: SecureVersion
  /// The newest version that is spoken.
  package var maximumVersion: SecureVersion

  /// TLS 1.2 and 1.3, without a certificate of the client's own.
  public init(_ verification: Verification) {
    self.verification = verification
    minimumVersion = .tls12
    maximumVersion = .tls13
  }
}

// TLSClientConfiguration: which servers a client trusts, and the certificate that it presents.

public import ApusEngine

/// The TLS settings of a client: a value, from which each core makes a context of its own.
public struct TLSClientConfiguration: Sendable {
  /// The servers that a client trusts.
  public enum Verification: Sendable {
    /// The server's certificate must have the requested name or address, be valid today, and be issued under
    /// one of these authorities.
    case authorities(TrustStore)
    /// No verification: anybody can be the server.
    case off
  }

  /// The servers that the client trusts.
  public var verification: Verification
  /// The client's certificate, for servers that ask: the first of the set.
  public var certificate: CertificateSet?
  /// The oldest version that is accepted.
  public var minimumVersion: SecureVersion
  /// The newest version that is accepted.
  package var maximumVersion: SecureVersion

  /// TLS 1.2 and 1.3, without a client certificate.
  public init(_ verification: Verification) {
    self.verification = verification
    minimumVersion = .tls12
    maximumVersion = .tls13
  }
}

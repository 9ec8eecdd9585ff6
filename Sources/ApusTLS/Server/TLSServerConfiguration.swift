// TLSServerConfiguration: a server's TLS settings.

public import ApusEngine
internal import ApusRing

/// The TLS settings of a server: a value, from which each core makes contexts of its own.
public struct TLSServerConfiguration: Sendable {
  /// Whether clients present certificates.
  public enum ClientAuthentication: Sendable {
    /// They are not asked for one.
    case off
    /// They are asked; a client without a certificate is accepted, one with an invalid certificate is not.
    case asked(TrustStore)
    /// No client is accepted without a valid certificate.
    case required(TrustStore)
  }

  /// The server's own certificates.
  public var certificates: CertificateSet
  /// The keys that encrypt session tickets. Keep them when certificates are replaced.
  public var ticketKeys: TicketKeys
  /// The oldest version that is accepted.
  public var minimumVersion: SecureVersion
  /// The newest version that is accepted.
  package var maximumVersion: SecureVersion
  /// Whether clients present certificates.
  public var clientAuthentication: ClientAuthentication
  /// The protocols that ALPN may choose, in order of preference.
  package var protocols: [ApplicationProtocol]

  /// TLS 1.2 and 1.3, without certificates of clients.
  public init(certificates: CertificateSet, ticketKeys: TicketKeys? = nil) {
    self.certificates = certificates
    self.ticketKeys = ticketKeys ?? TicketKeys(at: UnixTime.seconds())
    minimumVersion = .tls12
    maximumVersion = .tls13
    clientAuthentication = .off
    protocols = [.http11]
  }
}

extension [ApplicationProtocol] {
  /// The protocols in ALPN's encoding: each name behind its length (RFC 7301 section 3.1).
  var wireBytes: [UInt8] {
    flatMap { name in
      let bytes = [UInt8](name.rawValue.utf8)
      return [UInt8(bytes.count)] + bytes
    }
  }
}

// TLSServerConfiguration: what a server says and asks over TLS.

public import ApusEngine
internal import ApusRing

/// How a server speaks TLS. A value, from which each core makes contexts of its own.
public struct TLSServerConfiguration: Sendable {
  /// Whether clients show certificates, too.
  public enum ClientAuthentication: Sendable {
    /// They are not asked.
    case off
    /// They are asked; one without a certificate is served, one with a bad certificate is not.
    case asked(TrustStore)
    /// None is served without a good certificate.
    case required(TrustStore)
  }

  /// The server's own.
  public var certificates: CertificateSet
  /// What session tickets are encrypted with. Keep them when certificates are replaced.
  public var ticketKeys: TicketKeys
  /// The oldest version that is spoken.
  public var minimumVersion: SecureVersion
  /// The newest version that is spoken.
  package var maximumVersion: SecureVersion
  /// Whether clients show certificates.
  public var clientAuthentication: ClientAuthentication
  /// What ALPN may choose, in the order of preference.
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
  /// As ALPN has them: each behind its length (RFC 7301 section 3.1).
  var wireBytes: [UInt8] {
    flatMap { name in
      let bytes = [UInt8](name.rawValue.utf8)
      return [UInt8(bytes.count)] + bytes
    }
  }
}

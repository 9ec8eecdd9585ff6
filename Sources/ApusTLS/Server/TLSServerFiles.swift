// TLSServerFiles: the files that say how a server speaks TLS, and what comes of reading them.

public import ApusEngine

/// Certificates with their keys, and whose clients are served.
public struct TLSServerFiles: Sendable {
  /// Whether clients show certificates of `clientAuthorities`.
  public enum Clients: Sendable {
    /// One without a certificate is served, one with a bad certificate is not.
    case asked
    /// None is served without a good certificate.
    case required
  }

  /// The first is for clients that ask for no name, or for an unknown one.
  public var certificates: [CertificateSet.Source]
  /// Files with the authorities that vouch for clients; clients are not asked if there are none.
  public var clientAuthorities: [String] = []
  /// Files with lists of what those have revoked. If there is one, each authority must have one.
  public var revocations: [String] = []
  /// What a client without a certificate may do.
  public var clients = Clients.required
  /// The oldest version that is spoken.
  public var minimumVersion = SecureVersion.tls12

  /// A server with these certificates, the clients of which are not asked for any.
  public init(_ certificates: [CertificateSet.Source]) { self.certificates = certificates }

  /// A server with one certificate.
  ///
  /// - Parameters:
  ///   - chain: A file in PEM: the server's certificate, and its issuers behind it.
  ///   - key: A file in PEM: the certificate's private key.
  public init(chain: String, key: String) { certificates = [.files(chain: chain, key: key)] }

  var paths: [String] { certificates.flatMap(\.paths) + clientAuthorities + revocations }

  func read(at unixSeconds: Int64, _ keys: TicketKeys) throws(CertificateError) -> TLSServerConfiguration {
    var configuration = TLSServerConfiguration(
      certificates: try CertificateSet(certificates, at: unixSeconds), ticketKeys: keys)
    configuration.minimumVersion = minimumVersion
    guard !clientAuthorities.isEmpty else { return configuration }
    let store = try TrustStore(authorities: clientAuthorities, revocations: revocations)
    configuration.clientAuthentication = clients == .required ? .required(store) : .asked(store)
    return configuration
  }
}

/// What a person should know of a running server's certificates.
public enum CertificateReport: Sendable, CustomStringConvertible {
  /// They were read anew and are used from now on; their first one has this SHA-256 fingerprint.
  case renewed(fingerprint: String)
  /// What was read anew is bad, and what was read before stays in use.
  case refused(CertificateError)
  /// They are used, and are good no more.
  case spoiled(CertificateError)
  /// They are used, and something about them will be wrong soon.
  case warning(CertificateWarning)

  /// A sentence without a full stop.
  public var description: String {
    switch self {
    case .renewed(let fingerprint):
      "the certificates were read anew; the first one's SHA-256 fingerprint is \(fingerprint)"
    case .refused(let error):
      "the certificates that were read anew are not used, and the old ones are: \(error)"
    case .spoiled(let error): "the certificates in use are good no more: \(error)"
    case .warning(let warning): warning.description
    }
  }
}

extension CertificateSet.Source {
  var paths: [String] {
    [chain, key].compactMap { place in
      if case .file(let path) = place { path } else { nil }
    }
  }
}

// From whom to believe to how a client speaks TLS.

public import ApusEngine

extension ClientSecurity {
  /// TLS by a configuration.
  ///
  /// ```swift
  /// var configuration = Client.Configuration()
  /// configuration.security = try .system()
  /// ```
  public static func tls(_ configuration: TLSClientConfiguration) -> ClientSecurity {
    var verifies = true
    if case .off = configuration.verification { verifies = false }
    return ClientSecurity(verifies: verifies) { TLSConnector(configuration) }
  }

  /// As `system()`, but read when the first connection needs it. Where there are no authorities, no server is
  /// believed.
  package static func systemWhenNeeded() -> ClientSecurity {
    ClientSecurity(verifies: true) {
      TLSConnector(TLSClientConfiguration(.authorities((try? .system()) ?? .nobody)))
    }
  }

  /// TLS with servers that one of the system's authorities vouches for: those in the file or directory that
  /// SSL_CERT_FILE or SSL_CERT_DIR names, or in the place where this distribution keeps them.
  ///
  /// - Throws: `CertificateError` if there are none, as in a container image without ca-certificates.
  public static func system() throws(CertificateError) -> ClientSecurity {
    .tls(TLSClientConfiguration(.authorities(try .system())))
  }
}

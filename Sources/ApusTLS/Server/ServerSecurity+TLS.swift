// From certificates to how a server speaks TLS, and how it comes to others while it runs.

public import ApusEngine

extension ServerSecurity {
  /// TLS with certificates that are given, until ``ServerSecurity/use(_:)`` gives others.
  ///
  /// ```swift
  /// var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 8443)])
  /// configuration.security = .tls(TLSServerConfiguration(certificates: .selfSigned()))
  /// ```
  public static func tls(_ configuration: TLSServerConfiguration) -> ServerSecurity {
    ServerSecurity(
      Source(
        expiry: configuration.certificates.earliestExpiry,
        fingerprint: configuration.certificates.fingerprint
      ) { TLSAcceptor(configuration) })
  }

  /// TLS with certificates from files, which are read and checked now.
  ///
  /// They are read anew at ``ServerSecurity/reload()``, which a running server does at SIGHUP, and within a
  /// second after they have changed. Files that are bad then are not used; what was read before is.
  ///
  /// - Parameter report: Hears what a person should know, on a thread of its own.
  /// - Throws: `CertificateError` says what is wrong with which file, and what is to be done.
  public static func tls(
    _ files: TLSServerFiles, report: @escaping @Sendable (CertificateReport) -> Void = { _ in }
  ) throws(CertificateError) -> ServerSecurity {
    let watch = try CertificateWatch(files, report: report)
    let configuration = watch.configuration
    let security = ServerSecurity(
      Source(
        expiry: configuration.certificates.earliestExpiry,
        fingerprint: configuration.certificates.fingerprint, reload: { watch.reload() }, end: { watch.end() }
      ) { TLSAcceptor(configuration) })
    watch.begin(for: security)
    return security
  }

  /// Other certificates and settings for the connections from now on.
  public func use(_ configuration: TLSServerConfiguration) {
    replace(
      expiry: configuration.certificates.earliestExpiry,
      fingerprint: configuration.certificates.fingerprint
    ) { TLSAcceptor(configuration) }
  }
}

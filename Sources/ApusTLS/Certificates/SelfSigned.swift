// A certificate for this machine itself, made at start, for development. No client trusts it without being
// told.

internal import ApusRing
internal import CApusTLS

extension CertificateSet {
  private static let selfSignedDays: Int64 = 30

  /// A self-signed certificate for `localhost`, 127.0.0.1 and ::1, which is kept in memory only.
  /// `fingerprint` is for the person who is to accept it.
  public static func selfSigned(at unixSeconds: Int64? = nil) -> CertificateSet {
    let now = unixSeconds ?? UnixTime.seconds()
    Library.start()
    // Safety: the texts outlive the call, and the returned reference is ours.
    guard let key = unsafe apus_tls_make_key() else { preconditionFailure("libcrypto makes no key on P-256") }
    let certificate = unsafe "localhost".withCString { host in
      unsafe "DNS:localhost,IP:127.0.0.1,IP:::1".withCString { names in
        // It is valid from an hour ago, for clients whose clock is behind.
        var order = unsafe apus_tls_order(
          common_name: host, names: names, not_before: now - 3600,
          not_after: now + selfSignedDays * 86_400, is_authority: 0, issuer: nil, issuer_key: nil)
        return unsafe apus_tls_issue(&order, key)
      }
    }
    guard let certificate = unsafe certificate else { preconditionFailure("libcrypto makes no certificate") }
    let entry = unsafe Entry(
      file: "the certificate for localhost", chain: [Certificate(adopting: certificate)],
      key: Owned(key, EVP_PKEY_free))
    return CertificateSet(entries: [entry], at: now)
  }
}

// An authority of a test's own, and what it certifies. Made with the library itself, in a millisecond each.

import ApusTLS
import CApusTLS
import Glibc

/// A certificate and its key, in PEM.
final class TestCertificate: @unchecked Sendable {
  // The library counts atomically, and nobody changes what others have.
  let certificate: OpaquePointer
  let key: OpaquePointer
  /// Behind it, nearest first, without the root.
  var issuers: [TestCertificate] { issuer.map { $0.isRoot ? [] : [$0] + $0.issuers } ?? [] }
  let issuer: TestCertificate?
  var isRoot: Bool { issuer == nil }

  /// Today, so that real verification takes them.
  static let now = Int64(time(nil))
  static let day: Int64 = 86_400

  init(
    _ name: String, names: String? = nil, from start: Int64 = -1, days: Int64 = 60, isAuthority: Bool = false,
    issuer: TestCertificate? = nil, key: OpaquePointer? = nil
  ) {
    _ = TestCertificate.library
    self.key = key ?? apus_tls_make_key()
    self.issuer = issuer
    let key = self.key
    certificate = name.withCString { common in
      func issue(_ names: UnsafePointer<CChar>?) -> OpaquePointer {
        var order = apus_tls_order(
          common_name: common, names: names, not_before: Self.now + start * Self.day,
          not_after: Self.now + start * Self.day + days * Self.day, is_authority: isAuthority ? 1 : 0,
          issuer: issuer?.certificate, issuer_key: issuer?.key)
        return apus_tls_issue(&order, key)!
      }
      return names.map { $0.withCString { issue($0) } } ?? issue(nil)
    }
  }

  /// A time at which it holds.
  var middle: Int64 {
    (apus_tls_not_before(certificate) + apus_tls_not_after(certificate)) / 2
  }

  static func root(_ name: String = "Test Root") -> TestCertificate {
    TestCertificate(name, days: 1000, isAuthority: true)
  }

  func issue(
    _ name: String, names: String? = nil, from start: Int64 = -1, days: Int64 = 60, isAuthority: Bool = false,
    key: OpaquePointer? = nil
  ) -> TestCertificate {
    TestCertificate(
      name, names: names ?? (isAuthority ? nil : "DNS:\(name)"), from: start, days: days,
      isAuthority: isAuthority, issuer: self, key: key)
  }

  deinit {
    X509_free(certificate)
    EVP_PKEY_free(key)
  }

  /// For a certificate, which takes it over.
  static func rsaKey(bits: Int32) -> OpaquePointer {
    _ = library
    var key: OpaquePointer?
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nil)
    EVP_PKEY_keygen_init(context)
    EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits)
    EVP_PKEY_keygen(context, &key)
    EVP_PKEY_CTX_free(context)
    return key!
  }

  /// The certificate alone.
  var pem: [UInt8] { text { PEM_write_bio_X509($0, certificate) } }
  var chainPEM: [UInt8] { pem + issuers.flatMap(\.pem) }
  var keyPEM: [UInt8] { text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) } }
  var encryptedKeyPEM: [UInt8] {
    var password = Array("secret".utf8)
    return text {
      PEM_write_bio_PKCS8PrivateKey(
        $0, key, EVP_aes_128_cbc(), nil, 0,
        { buffer, room, _, _ in
          memset(buffer!, 0x61, Int(min(room, 6)))
          return 6
        }, &password)
    }
  }

  /// A list of those that this authority has revoked.
  func revoking(_ revoked: [TestCertificate], days: Int64 = 1) -> [UInt8] {
    let list = X509_CRL_new()
    X509_CRL_set_version(list, 1)
    X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate))
    let (start, end) = (
      ASN1_TIME_set(nil, Int(Self.now - 2 * Self.day)), ASN1_TIME_set(nil, Int(Self.now + days * Self.day))
    )
    X509_CRL_set1_lastUpdate(list, start)
    X509_CRL_set1_nextUpdate(list, end)
    for other in revoked {
      let entry = X509_REVOKED_new()
      X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(other.certificate))
      X509_REVOKED_set_revocationDate(entry, start)
      X509_CRL_add0_revoked(list, entry)
    }
    defer {
      ASN1_TIME_free(start)
      ASN1_TIME_free(end)
      X509_CRL_free(list)
    }
    X509_CRL_sign(list, key, EVP_sha256())
    return text { PEM_write_bio_X509_CRL($0, list) }
  }

  var source: CertificateSet.Source { .bytes(chain: chainPEM, key: keyPEM, name: "test.pem") }

  /// Starts the library as a server would.
  private static let library = TicketKeys(at: now)

  private func text(_ write: (OpaquePointer) -> Int32) -> [UInt8] {
    let memory = BIO_new(BIO_s_mem())!
    defer { BIO_free(memory) }
    precondition(write(memory) == 1)
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return Array(bytes[..<Int(count)])
  }
}

extension CertificateSet {
  convenience init(_ certificates: TestCertificate...) throws {
    try self.init(certificates.map(\.source), at: TestCertificate.now)
  }
}

extension TrustStore {
  convenience init(_ authorities: TestCertificate..., revoked: [[UInt8]] = []) throws {
    try self.init(
      authorities: authorities.map { ("root.pem", $0.pem) }, revocations: revoked.map { ("list.pem", $0) })
  }
}

// What is wrong with a certificate, a key or a list of authorities, and what is to be done.

internal import ApusEngine
internal import ApusRing
internal import ApusWire

/// Why certificates cannot be used.
public struct CertificateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// The file cannot be read, for this reason.
    case unreadable(String)
    /// The file has no certificate.
    case noCertificate
    /// The certificate or list of this number, from 1, cannot be read.
    case malformed(number: Int)
    /// The file has no private key that can be read.
    case noKey
    /// A password would be needed.
    case encryptedKey
    /// The key is not the one that was certified; the certificate lies in this file.
    case keyOfAnother(certificate: String)
    /// The certificate no longer holds, since this date.
    case expired(String)
    /// The certificate holds from this date on.
    case notYetValid(String)
    /// The certificate of this number, from 1, did not issue the one before it.
    case outOfOrder(number: Int)
    /// The library refuses key or signature as too weak.
    case weak
    /// The file has no list of revoked certificates.
    case noRevocationList
    /// None of the places where authorities are kept has any.
    case noAuthorities
    /// No certificate at all was named.
    case none
  }

  /// The file, or what stands for it.
  public var file: String
  /// What is wrong.
  public var problem: Problem

  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// The file, what is wrong with it, and what is to be done.
  public var description: String {
    switch problem {
    case .unreadable(let reason): "\(file) cannot be read: \(reason)"
    case .noCertificate:
      "\(file) has no certificate; it should hold PEM, `-----BEGIN CERTIFICATE-----`, the server's own first"
    case .malformed(let number): "number \(number) in \(file) cannot be read; the file may have been cut"
    case .noKey:
      "\(file) has no private key that can be read; it should hold PEM, `-----BEGIN PRIVATE KEY-----`"
    case .encryptedKey:
      "the key in \(file) is encrypted, and nobody is asked for its password; write it in plain with `openssl pkey`"
    case .keyOfAnother(let certificate):
      "the key in \(file) does not belong to the first certificate in \(certificate); take the key that it was made for"
    case .expired(let date): "the certificate in \(file) expired on \(date); renew it"
    case .notYetValid(let date):
      "the certificate in \(file) holds only from \(date) on; look at the machine's clock, or wait"
    case .outOfOrder(let number):
      "certificate \(number) in \(file) did not issue the one before it; put the server's own first, then its issuer, and so on"
    case .weak:
      "the certificate in \(file) has too short a key or a signature that can be forged; have one made with ECDSA P-256 and SHA-256"
    case .noRevocationList:
      "\(file) has no list of revoked certificates; it should hold PEM, `-----BEGIN X509 CRL-----`"
    case .noAuthorities:
      "no certificates of authorities were found, so no server can be verified (looked in \(file)); install the package ca-certificates, or name a file with SSL_CERT_FILE"
    case .none: "no certificate was named"
    }
  }
}

/// What certificates can be used with, but should be known.
public struct CertificateWarning: Equatable, Sendable, CustomStringConvertible {
  /// What should be known.
  public enum Matter: Equatable, Sendable {
    /// The certificate expires within a fortnight, on this date.
    case expiresSoon(String)
    /// A handshake with an RSA key costs more than twice of one with ECDSA.
    case rsaKey
    /// The issuer with this name is a public authority's, and clients may not know it.
    case missingIssuer(String)
    /// Another certificate, which comes first, has this name too.
    case nameTaken(String)
    /// No client will find its host's name in the certificate.
    case noNames
  }

  /// The file, or what stands for it.
  public var file: String
  /// What should be known.
  public var matter: Matter

  /// The file, what should be known of it, and what can be done.
  public var description: String {
    switch matter {
    case .expiresSoon(let date): "the certificate in \(file) expires on \(date); renew it"
    case .rsaKey:
      "the certificate in \(file) has an RSA key, whose handshakes cost more than twice as much as ECDSA's"
    case .missingIssuer(let issuer):
      "\(file) has no certificate of its issuer, \(issuer), without which many clients refuse it; use the file with the full chain"
    case .nameTaken(let name): "\(file) is for \(name), as is a certificate before it, which is used"
    case .noNames: "the certificate in \(file) names no host (subjectAltName), so clients refuse it"
    }
  }
}

/// A moment as a person reads it.
package enum DateText {
  /// As in `2026-01-31T12:30:00Z`, within the years that have four digits.
  package static func utc(_ unixSeconds: Int64) -> String {
    let known = InternetDate.unixMilliseconds
    let time = min(max(unixSeconds, known.lowerBound / 1000), known.upperBound / 1000)
    let bytes = [UInt8](capacity: InternetDate.byteCount) { output in
      InternetDate.write(unixMilliseconds: time * 1000, into: &output)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension FileError {
  /// What a person can do something about.
  var text: String {
    switch self {
    case .notFound: "there is no such file"
    case .notDirectory: "a file stands where a directory should"
    case .forbidden: "this user may not read it"
    case .escapes: "it leads out of its directory"
    case .notRegular: "it is not a regular file"
    case .tooManyOpen: "too many files are open"
    case .other(let errno): "error \(errno) (errno)"
    }
  }
}

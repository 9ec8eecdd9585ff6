// Describes what is wrong with a certificate, a key or a list of authorities, and how to correct it.

internal import ApusEngine
internal import ApusRing
internal import ApusWire

/// Why certificates cannot be used.
public struct CertificateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of errors.
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
    /// The key does not belong to the certificate, which is in this file.
    case keyOfAnother(certificate: String)
    /// The certificate has expired, on this date.
    case expired(String)
    /// The certificate is valid only from this date on.
    case notYetValid(String)
    /// The certificate of this number, from 1, did not issue the one before it.
    case outOfOrder(number: Int)
    /// The library rejects the key or the signature as too weak.
    case weak
    /// The file has no list of revoked certificates.
    case noRevocationList
    /// None of the usual places has certificates of authorities.
    case noAuthorities
    /// No certificate was named.
    case none
  }

  /// The file, or a name for what was read from memory.
  public var file: String
  /// The error.
  public var problem: Problem

  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// The file, what is wrong with it, and how to correct it.
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

/// A warning about certificates that can be used.
public struct CertificateWarning: Equatable, Sendable, CustomStringConvertible {
  /// The subject of the warning.
  public enum Matter: Equatable, Sendable {
    /// The certificate expires within a fortnight, on this date.
    case expiresSoon(String)
    /// A handshake with an RSA key costs more than twice as much as one with ECDSA.
    case rsaKey
    /// The file lacks this issuer, a public authority's certificate that clients may not have.
    case missingIssuer(String)
    /// Another certificate, which comes first, also has this name.
    case nameTaken(String)
    /// The certificate names no host or address, so clients reject it.
    case noNames
  }

  /// The file, or a name for what was read from memory.
  public var file: String
  /// The subject of the warning.
  public var matter: Matter

  /// The file, the warning, and a remedy if there is one.
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
  /// The error in words that a person can act on.
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

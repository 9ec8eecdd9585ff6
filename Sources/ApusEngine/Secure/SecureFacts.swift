// SecureFacts: what a handshake has agreed on, and who the peer is, as values.

/// A session's result, without anything secret.
package struct SecureFacts: Equatable, Sendable {
  package enum Role: Equatable, Sendable { case server, client }

  package var role: Role
  /// nil until it is agreed on.
  package var version: SecureVersion?
  package var suite: CipherSuite?
  /// What ALPN chose (RFC 7301); nil where a side does not speak ALPN.
  package var applicationProtocol: ApplicationProtocol?
  /// The name that the client asked for.
  package var serverName: String?
  package var isResumed: Bool
  /// The peer's own certificate, which has been verified unless this client was told not to.
  package var peer: PeerCertificate?

  package init(role: Role) {
    self.role = role
    isResumed = false
  }
}

/// A version of TLS that is spoken at all.
public enum SecureVersion: UInt8, CaseIterable, Comparable, Sendable {
  /// RFC 5246, with the suites of RFC 9113 section 9.2.2 only.
  case tls12
  /// RFC 8446.
  case tls13

  /// Older.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// As in logs and metrics: `TLSv1.2`.
  public var name: String {
    switch self {
    case .tls12: "TLSv1.2"
    case .tls13: "TLSv1.3"
    }
  }
}

/// A protocol over TLS, by its name in ALPN.
package enum ApplicationProtocol: String, CaseIterable, Sendable {
  case http11 = "http/1.1"
  case http2 = "h2"
}

/// A cipher suite, by its number in IANA's list.
package struct CipherSuite: Hashable, Sendable {
  package let number: UInt16

  package init(number: UInt16) { self.number = number }

  /// All that are ever agreed on: ephemeral keys and authenticated encryption (RFC 9113 section 9.2.2 wants
  /// no other ones with TLS 1.2).
  package static let known: [(suite: CipherSuite, name: String)] = [
    (CipherSuite(number: 0x1301), "TLS_AES_128_GCM_SHA256"),
    (CipherSuite(number: 0x1302), "TLS_AES_256_GCM_SHA384"),
    (CipherSuite(number: 0x1303), "TLS_CHACHA20_POLY1305_SHA256"),
    (CipherSuite(number: 0xC02B), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
    (CipherSuite(number: 0xC02C), "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
    (CipherSuite(number: 0xC02F), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
    (CipherSuite(number: 0xC030), "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (CipherSuite(number: 0xCCA8), "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
    (CipherSuite(number: 0xCCA9), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
  ]

  /// In logs and metrics; a number where it is none of `known`.
  package var name: String {
    Self.known.first { $0.suite == self }?.name ?? "0x" + String(number, radix: 16, uppercase: true)
  }
}

/// What a certificate says of its holder.
public struct PeerCertificate: Equatable, Sendable {
  /// As in `C=US, O=Example, CN=name`; control characters are escaped.
  public var subject: String
  /// Who vouches for it, in the same form.
  public var issuer: String
  /// Subject alternative names: hosts, addresses, mail addresses, URIs.
  public var names: [String]
  /// Seconds since 1970 from which on it holds.
  public var notBefore: Int64
  /// Seconds since 1970 up to which it holds.
  public var notAfter: Int64

  package init(subject: String, issuer: String, names: [String], notBefore: Int64, notAfter: Int64) {
    self.subject = subject
    self.issuer = issuer
    self.names = names
    self.notBefore = notBefore
    self.notAfter = notAfter
  }
}

// SecureFailure: why a session ended before its time, to be counted by reason and to be read by a person.

package struct SecureFailure: Error, Equatable, Sendable {
  package enum Reason: UInt8, CaseIterable, Sendable {
    /// A request in plain text came to a port for TLS.
    case plaintextHTTP
    /// The peer's first bytes are no TLS.
    case notTLS
    case noSharedVersion
    case noSharedSuite
    /// ALPN without a protocol in common (RFC 7301 section 3.2).
    case noSharedProtocol
    /// The identity is no name that can be asked for.
    case invalidName
    case certificateExpired
    case certificateNotYetValid
    /// The certificate is for other names.
    case nameMismatch
    /// The certificate vouches for itself.
    case selfSigned
    /// Nobody who is trusted vouches for the certificate.
    case unknownAuthority
    case certificateRevoked
    /// There is no list of what was revoked, or only an old one.
    case revocationUnknown
    /// Too short a key, or a hash that can be forged.
    case weakCertificate
    /// Any other fault of the peer's certificates.
    case invalidCertificate
    /// A certificate was required, and none came.
    case missingCertificate
    /// The peer ended the session with an alert.
    case peerAlert
    /// The connection ended during the handshake.
    case peerLeft
    /// More records without content, or more bytes before the end of the handshake, than a peer needs.
    case flood
    /// The peer broke the protocol.
    case protocolError
    /// A proxy in between does not connect to the server.
    case tunnelRefused

    /// In logs and metrics.
    package var name: String {
      switch self {
      case .plaintextHTTP: "plaintext-http"
      case .notTLS: "not-tls"
      case .noSharedVersion: "no-shared-version"
      case .noSharedSuite: "no-shared-suite"
      case .noSharedProtocol: "no-shared-protocol"
      case .invalidName: "invalid-name"
      case .certificateExpired: "certificate-expired"
      case .certificateNotYetValid: "certificate-not-yet-valid"
      case .nameMismatch: "name-mismatch"
      case .selfSigned: "self-signed"
      case .unknownAuthority: "unknown-authority"
      case .certificateRevoked: "certificate-revoked"
      case .revocationUnknown: "revocation-unknown"
      case .weakCertificate: "weak-certificate"
      case .invalidCertificate: "invalid-certificate"
      case .missingCertificate: "missing-certificate"
      case .peerAlert: "peer-alert"
      case .peerLeft: "peer-left"
      case .flood: "flood"
      case .protocolError: "protocol-error"
      case .tunnelRefused: "tunnel-refused"
      }
    }
  }

  package var reason: Reason
  /// A sentence without a full stop: what is wrong and, where something can be done, what.
  package var explanation: String

  package init(_ reason: Reason, _ explanation: String) {
    self.reason = reason
    self.explanation = explanation
  }
}

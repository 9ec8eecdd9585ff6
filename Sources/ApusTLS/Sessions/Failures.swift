// Failures: turns the library's error of a failed call into a reason and a sentence.

internal import ApusEngine
internal import CApusTLS

/// Interprets the library's error numbers on one side of a connection.
struct Failures {
  let role: SecureFacts.Role
  let isHandshaking: Bool

  private var peer: String { role == .client ? "server" : "client" }

  func failure(of reason: Int32) -> SecureFailure {
    // Reasons above SSL_AD_REASON_OFFSET are alerts from the peer.
    let alert = reason - SSL_AD_REASON_OFFSET
    if (0..<256).contains(alert) { return failure(ofAlert: alert) }
    let failure = isHandshaking ? failure(ofHandshake: reason) : nil
    return failure
      ?? SecureFailure(.protocolError, "the \(peer) does not keep to TLS (\(Self.text(of: reason)))")
  }

  /// Returns nil if the peer has violated the protocol.
  private func failure(ofHandshake reason: Int32) -> SecureFailure? {
    switch reason {
    case SSL_R_WRONG_VERSION_NUMBER where role == .client:
      SecureFailure(.notTLS, "the server's answer is no TLS; the port may be one for plain HTTP")
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_NO_PROTOCOLS_AVAILABLE,
      SSL_R_WRONG_VERSION_NUMBER, SSL_R_WRONG_SSL_VERSION:
      SecureFailure(.noSharedVersion, "both sides have no version of TLS in common, from 1.2 on")
    case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
      SSL_R_NO_SHARED_GROUPS, SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      SecureFailure(
        .noSharedSuite,
        "both sides have no cipher suite, group or signature in common (\(Self.text(of: reason)))")
    case SSL_R_NO_APPLICATION_PROTOCOL:
      SecureFailure(.noSharedProtocol, "the client speaks none of the server's protocols (ALPN)")
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      SecureFailure(.missingCertificate, "the client has shown no certificate, and one is required")
    case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK, SSL_R_DH_KEY_TOO_SMALL:
      SecureFailure(
        .weakCertificate, "the \(peer)'s keys or signatures are too weak (\(Self.text(of: reason)))")
    default: nil
    }
  }

  /// Alerts: RFC 8446 section 6.2.
  private func failure(ofAlert alert: Int32) -> SecureFailure {
    switch alert {
    case SSL_AD_PROTOCOL_VERSION where isHandshaking:
      return SecureFailure(
        .noSharedVersion, "the \(peer) speaks no version of TLS that is spoken here, 1.2 or 1.3")
    case SSL_AD_HANDSHAKE_FAILURE where isHandshaking:
      return SecureFailure(
        .noSharedSuite,
        "the \(peer) has ended the handshake (handshake failure); most often no cipher suite is shared")
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return SecureFailure(
        .noSharedProtocol, "the \(peer) speaks none of the protocols that were offered (ALPN)")
    case SSL_AD_CERTIFICATE_REQUIRED:
      return SecureFailure(.missingCertificate, "the \(peer) wants a certificate, and none was shown")
    default:
      // Safety: the library's own constant.
      let name = unsafe String(cString: SSL_alert_desc_string_long(alert))
      return SecureFailure(.peerAlert, "the \(peer) has ended the session with an alert: \(name)")
    }
  }

  private static func text(of reason: Int32) -> String {
    // Safety: the library's own constants, or nil.
    guard reason != 0, let text = unsafe apus_tls_reason_text(reason) else { return "no reason is known" }
    return unsafe String(cString: text)
  }
}

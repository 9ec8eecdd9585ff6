// The facts of a session after its handshake.

internal import ApusEngine
internal import CApusTLS

extension TLSSession {
  // Safety, in all that follow: the session's own pointer, and what the library returns lives as long as it.
  var unreadCount: Int { Int(unsafe SSL_pending(ssl)) }

  var facts: SecureFacts {
    var facts = SecureFacts(role: role)
    let suite = unsafe apus_tls_suite(ssl)
    if suite != 0 {
      facts.suite = CipherSuite(number: suite)
      facts.version = SecureVersion(number: unsafe SSL_version(ssl))
    }
    facts.applicationProtocol = applicationProtocol
    if let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) {
      facts.serverName = unsafe String(cString: name)
    }
    facts.isResumed = unsafe SSL_session_reused(ssl) == 1
    if let certificate = unsafe apus_tls_peer_certificate(ssl) {
      facts.peer = unsafe Certificate(adopting: certificate).summary
    }
    return facts
  }

  var peerCertificates: [PeerCertificate] {
    let own = unsafe apus_tls_peer_certificate(ssl).map { unsafe Certificate(adopting: $0) }
    let chain = unsafe SSL_get_peer_cert_chain(ssl)
    let all = (0..<(unsafe apus_tls_count(chain))).compactMap { index in
      unsafe apus_tls_at(chain, index).map { unsafe Certificate(copying: $0) }
    }
    // On a client the chain begins with the peer's own certificate, on a server it begins after it.
    if role == .client, !all.isEmpty { return all.map(\.summary) }
    return ((own.map { [$0] } ?? []) + all).map(\.summary)
  }

  private var applicationProtocol: ApplicationProtocol? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &name, &count)
    guard count > 0 else { return nil }
    let bytes = unsafe UnsafeBufferPointer(start: name, count: Int(count))
    return ApplicationProtocol(rawValue: unsafe String(decoding: bytes, as: UTF8.self))
  }
}

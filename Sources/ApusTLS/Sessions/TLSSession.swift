// TLSSession: a session over libssl. It owns the library's session (SSL), and lends it the core's one channel
// for each call.

internal import ApusEngine
internal import ApusRing
internal import CApusTLS

/// Keeps the tickets that servers give.
protocol TicketKeeper: AnyObject {
  /// A reusable ticket may be used more than once.
  func keep(_ ticket: Owned, isReusable: Bool, for key: String)
}

@safe final class TLSSession: SecureSession {
  let role: SecureFacts.Role
  /// Safety: freed with the session.
  @unsafe let ssl: OpaquePointer
  let channel: Channel
  /// Acceptor or connector: the library calls back to it, so it lives as long as the session.
  private let maker: AnyObject
  private let keeper: (any TicketKeeper)?
  private let resumptionKey: String?
  var isHandshaking = true
  /// Plaintext of one record.
  var recordLimit = TLSSession.recordPlaintextBytes
  var sawCloseNotify = false
  var failure: SecureFailure?
  /// What the verification of certificates has found, before the library ends the handshake for it.
  var refusal: SecureFailure?
  var hasClosed = false
  var handshakeBytes = 0
  var plaintextBytes = 0
  var bareRecords = 0

  /// Safety: the session takes `ssl` over.
  @unsafe init(accepting ssl: OpaquePointer, _ channel: Channel, by maker: AnyObject) {
    role = .server
    unsafe self.ssl = ssl
    self.channel = channel
    self.maker = maker
    keeper = nil
    resumptionKey = nil
    attach()
    unsafe SSL_set_accept_state(ssl)
  }

  /// Safety: the session takes `ssl` over.
  @unsafe init(
    connecting ssl: OpaquePointer, _ channel: Channel, by maker: any TicketKeeper, resumptionKey: String?
  ) {
    role = .client
    unsafe self.ssl = ssl
    self.channel = channel
    self.maker = maker
    keeper = maker
    self.resumptionKey = resumptionKey
    attach()
    unsafe SSL_set_connect_state(ssl)
  }

  // Safety: the library's session goes first, and with it its way to call us.
  deinit { unsafe apus_tls_free(ssl) }

  private func attach() {
    // Safety: a callback comes within a call of ours, so `self` is held then.
    unsafe channel.attach(to: ssl)
    unsafe apus_tls_set_owner(ssl, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Safety: `owner` is what `attach` named, within a call for that session.
  @unsafe static func at(_ owner: UnsafeMutableRawPointer?) -> TLSSession {
    unsafe Unmanaged<TLSSession>.fromOpaque(owner!).takeUnretainedValue()
  }

  /// The library offers a ticket. 1: it was kept, with the reference that came with it.
  func remember(_ ticket: OpaquePointer) -> Int32 {
    // Safety: the library's session, during its call.
    guard let resumptionKey, let keeper, unsafe SSL_SESSION_is_resumable(ticket) == 1 else { return 0 }
    let isReusable = unsafe SSL_SESSION_get_protocol_version(ticket) < TLS1_3_VERSION
    keeper.keep(unsafe Owned(ticket, SSL_SESSION_free), isReusable: isReusable, for: resumptionKey)
    return 1
  }

  func end(_ failure: SecureFailure) -> SecureStep.State {
    self.failure = failure
    return .failed
  }
}

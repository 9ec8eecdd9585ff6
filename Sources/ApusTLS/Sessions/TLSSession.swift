// TLSSession: a session over libssl. It owns the library's session (SSL), and lends it the core's one channel
// for each call.

internal import ApusEngine
internal import ApusRing
internal import CApusTLS

/// Keeps the tickets from servers.
protocol TicketKeeper: AnyObject {
  /// A reusable ticket may be used more than once.
  func keep(_ ticket: Owned, isReusable: Bool, for key: String)
}

@safe final class TLSSession: SecureSession {
  let role: SecureFacts.Role
  /// Safety: freed with the session.
  @unsafe let ssl: OpaquePointer
  let channel: Channel
  /// The acceptor or connector: the library calls back to it, so it lives as long as the session.
  private let maker: AnyObject
  private let keeper: (any TicketKeeper)?
  private let resumptionKey: String?
  var isHandshaking = true
  /// Plaintext of one record.
  var recordLimit = TLSSession.recordPlaintextBytes
  var sawCloseNotify = false
  var failure: SecureFailure?
  /// The result of a failed certificate verification, set before the library ends the handshake.
  var refusal: SecureFailure?
  var hasClosed = false
  var handshakeBytes = 0
  var plaintextBytes = 0
  var bareRecords = 0

  /// Safety: the session takes ownership of `ssl`.
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

  /// Safety: the session takes ownership of `ssl`.
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

  // Safety: freeing the library's session also ends its callbacks to us.
  deinit { unsafe apus_tls_free(ssl) }

  private func attach() {
    // Safety: a callback comes during a call of ours, which holds `self`.
    unsafe channel.attach(to: ssl)
    unsafe apus_tls_set_owner(ssl, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Safety: `owner` is what `attach` set, during a call for that session.
  @unsafe static func at(_ owner: UnsafeMutableRawPointer?) -> TLSSession {
    unsafe Unmanaged<TLSSession>.fromOpaque(owner!).takeUnretainedValue()
  }

  /// The library offers a ticket. Returns 1 if it was kept, with the reference that came with it.
  func remember(_ ticket: OpaquePointer) -> Int32 {
    // Safety: the library's session, valid during its call.
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

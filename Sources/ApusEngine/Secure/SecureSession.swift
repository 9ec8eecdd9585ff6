// SecureSession: one end of a TLS connection as the engine sees it. Ciphertext goes in and comes out through
// memory that the caller lends for one call; the session does no I/O, has no timer and knows no socket. What
// encrypts stands in a target of its own (`ApusTLS`), so a program that serves plain HTTP links no library
// for it.
//
// A protocol and not a class, because a class that another module inherits from is public. Calls through it
// cost 2 ns beside the 2 us of a request's encryption.

package import ApusRing

/// One thread uses a session, and one call at a time.
///
/// After `.failed` or `.ended` nothing more is read. What the session wrote before, which may be an alert, is
/// still to be sent.
package protocol SecureSession: AnyObject {
  /// Nothing is received or sent until the handshake is done.
  var isHandshaking: Bool { get }
  /// Goes on with the handshake. A client begins it with no ciphertext. `.ready`: it is done, and ciphertext
  /// that was not taken is for `receive`. `.goesOn`: the same call again, with the rest.
  func handshake(_ ciphertext: Span<UInt8>, into output: inout CipherOutput) -> SecureStep
  /// Decrypts into `plaintext`, which may be filled from several records. `.ready`: it is full, and there may
  /// be more. What the session has to say by itself is appended to `output`: tickets, alerts, new keys.
  func receive(
    _ ciphertext: Span<UInt8>, into plaintext: WritableRegion, answering output: inout CipherOutput
  ) -> SecureStep
  /// Encrypts both regions, one behind the other. Up to 16 KiB of them share a record. `.wantsRoom`: not all
  /// was taken; the caller comes again with the rest and more room.
  func send(_ first: ReadableRegion, _ second: ReadableRegion?, into output: inout CipherOutput) -> SecureStep
  /// Appends close_notify, once and only after the handshake. The session can still receive.
  func close(into output: inout CipherOutput)
  /// The connection has ended below: a FIN, or a reset. During the handshake that is a failure.
  func peerEnded()

  /// Decrypted bytes that no `receive` had room for. They come first in the next, even without ciphertext.
  var unreadCount: Int { get }
  /// What was agreed on; complete after the handshake.
  var facts: SecureFacts { get }
  /// Whether the peer has said that nothing more follows. A FIN without it may be an attacker's.
  var sawCloseNotify: Bool { get }
  /// Why the session ended, if it failed.
  var failure: SecureFailure? { get }
  /// The peer's certificates as it sent them, its own first. A server that resumes knows only the first.
  var peerCertificates: [PeerCertificate] { get }
}

/// What became of one call.
package struct SecureStep: Equatable, Sendable {
  package enum State: Equatable, Sendable {
    /// Done, or there may be more to do at once.
    case ready
    /// More to do at once, with what is there.
    case goesOn
    /// All ciphertext was taken, and more is wanted.
    case wantsCiphertext
    /// `output` is full.
    case wantsRoom
    /// The peer has said close_notify.
    case ended
    /// `failure` says why.
    case failed
  }

  package var state: State
  /// Bytes of ciphertext that were taken.
  package var taken: Int
  /// Bytes of plaintext that were received, or taken to be sent.
  package var plaintext: Int

  package init(_ state: State, taken: Int = 0, plaintext: Int = 0) {
    self.state = state
    self.taken = taken
    self.plaintext = plaintext
  }
}

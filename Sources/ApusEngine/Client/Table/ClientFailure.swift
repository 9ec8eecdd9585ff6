// ClientFailure: why an exchange failed.

package import ApusWire

package enum ClientFailure: Error, Equatable, Sendable {
  package enum Phase: Sendable, Equatable { case poolWait, connect, head, body, total }

  /// The connections and the queue are both at their limits.
  case poolFull
  case timedOut(Phase)
  /// The host has no address; the text is the system's.
  case nameNotResolved(String)
  /// The errno of the last address that was tried.
  case connectFailed(errno: Int32)
  /// The connection ended before the response's head was whole, or in the middle of its body.
  case connectionClosed
  /// A reset or another network error ended the connection at such a point.
  case connectionFailed(errno: Int32)
  /// TLS: the server is not believed, or does not speak as it should.
  case secure(SecureFailure)
  /// The server sent something that is not a response.
  case malformed(WireError)
  case cancelled
  /// The writer of the request's body failed, and knows why.
  case bodyFailed
  /// The core or the client shuts down.
  case shutDown

  /// The connection ended, and nothing else is wrong.
  package var isOfTheConnection: Bool {
    switch self {
    case .connectionClosed, .connectionFailed: true
    default: false
    }
  }

  /// The caller keeps the part of the response that had come by then, because the server is why no more
  /// comes.
  var leavesWhatCame: Bool {
    switch self {
    case .connectionClosed, .connectionFailed, .secure, .malformed, .timedOut: true
    default: false
    }
  }
}

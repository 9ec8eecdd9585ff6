// ClientFailure: why an exchange came to nothing.

package import ApusWire

package enum ClientFailure: Error, Equatable, Sendable {
  package enum Phase: Sendable, Equatable { case poolWait, connect, head, body, total }

  /// As many connections as allowed, and as many in line.
  case poolFull
  case timedOut(Phase)
  /// The host has no address: the system's own words.
  case nameNotResolved(String)
  /// errno of the last address that was tried.
  case connectFailed(errno: Int32)
  /// The connection ended before the response's head was whole, or in the middle of its body.
  case connectionClosed
  /// The same, by a reset or another error of the network.
  case connectionFailed(errno: Int32)
  /// TLS: the server is not believed, or does not speak as it should.
  case secure(SecureFailure)
  /// The server sent something that is no response.
  case malformed(WireError)
  case cancelled
  /// Whoever wrote the request's body failed, and knows why.
  case bodyFailed
  /// The core or the client ends.
  case shutDown

  /// The connection ended, and nothing else is wrong.
  package var isOfTheConnection: Bool {
    switch self {
    case .connectionClosed, .connectionFailed: true
    default: false
    }
  }

  /// The caller keeps the part of the response that had come by then: the server is why no more comes.
  var leavesWhatCame: Bool {
    switch self {
    case .connectionClosed, .connectionFailed, .secure, .malformed, .timedOut: true
    default: false
    }
  }
}

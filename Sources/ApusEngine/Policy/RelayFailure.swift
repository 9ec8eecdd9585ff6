// RelayFailure: why a proxied request has no answer of a server's, what its client is told,
// and how often that was so.

package import ApusWire

/// The reasons for which a proxied request has no answer. Each is counted.
package enum RelayFailure: UInt8, CaseIterable, Error {
  /// No connection could be opened: refused, unreachable, no address.
  case unreachable
  /// The server's certificate is not believed, or TLS failed otherwise.
  case tlsFailed
  /// The connection ended before the answer.
  case connectionLost
  /// The server sent something that is no answer.
  case malformedAnswer
  /// No connection was open in time.
  case connectTimeout
  /// No answer, or nothing more of it, came in time.
  case answerTimeout
  /// As many connections as allowed, and none came free.
  case noConnectionFree
  /// The answer ended before its end.
  case brokenOff
  /// The core ends.
  case shutDown

  /// In metrics.
  package var name: String {
    switch self {
    case .unreachable: "unreachable"
    case .tlsFailed: "tls-failed"
    case .connectionLost: "connection-lost"
    case .malformedAnswer: "malformed-answer"
    case .connectTimeout: "connect-timeout"
    case .answerTimeout: "answer-timeout"
    case .noConnectionFree: "no-connection-free"
    case .brokenOff: "broken-off"
    case .shutDown: "shut-down"
    }
  }

  /// The status for the client, if nothing of an answer is on its way to it.
  package var status: Status {
    switch self {
    case .unreachable, .tlsFailed, .connectionLost, .malformedAnswer, .brokenOff: .badGateway
    case .connectTimeout, .answerTimeout: .gatewayTimeout
    case .noConnectionFree, .shutDown: .serviceUnavailable
    }
  }

  /// No byte of the request can have reached the server.
  var isBeforeRequest: Bool {
    switch self {
    case .unreachable, .connectTimeout, .noConnectionFree: true
    case .tlsFailed, .connectionLost, .malformedAnswer, .answerTimeout, .brokenOff, .shutDown: false
    }
  }
}

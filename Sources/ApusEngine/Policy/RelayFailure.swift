// RelayFailure: why a proxied request has no response from a server, which status its client gets, and how
// often each reason occurred.

package import ApusWire

/// The reasons for which a proxied request has no response. Each is counted.
package enum RelayFailure: UInt8, CaseIterable, Error {
  /// No connection could be opened: refused, unreachable, no address.
  case unreachable
  /// The server's certificate is not believed, or TLS failed otherwise.
  case tlsFailed
  /// The connection ended before the response.
  case connectionLost
  /// The server sent something that is not a response.
  case malformedAnswer
  /// No connection was open in time.
  case connectTimeout
  /// No response, or no more of it, came in time.
  case answerTimeout
  /// The connections were at their limit, and none became free.
  case noConnectionFree
  /// The response ended before it was complete.
  case brokenOff
  /// The core shuts down.
  case shutDown

  /// The failure's name in metrics.
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

  /// The status for the client, if no part of a response was sent to it.
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

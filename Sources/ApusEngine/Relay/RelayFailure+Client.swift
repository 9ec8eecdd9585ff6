// Maps a failure of the core's own client to a failure of the proxied request.

import ApusWire

extension RelayFailure {
  init(_ failure: ClientFailure) {
    self =
      switch failure {
      case .poolFull, .timedOut(.poolWait): .noConnectionFree
      case .timedOut(.connect): .connectTimeout
      case .timedOut(.head), .timedOut(.body), .timedOut(.total): .answerTimeout
      case .nameNotResolved, .connectFailed: .unreachable
      case .secure: .tlsFailed
      case .connectionClosed, .connectionFailed, .bodyFailed: .connectionLost
      case .malformed: .malformedAnswer
      case .cancelled, .shutDown: .shutDown
      }
  }
}

extension ClientFailure {
  /// The server is at fault for any request, rather than this request or our own limits. A server that sends
  /// HTTP is alive: a response that a gateway may not forward, such as status 999, is one resource's.
  var blamesServer: Bool {
    switch self {
    case .nameNotResolved, .connectFailed, .connectionClosed, .connectionFailed, .bodyFailed, .secure,
      .timedOut(.connect), .timedOut(.head), .timedOut(.body), .timedOut(.total),
      .malformed(.malformedStatusLine), .malformed(.statusLineTooLong), .malformed(.unsupportedVersion):
      true
    case .malformed, .poolFull, .timedOut(.poolWait), .cancelled, .shutDown: false
    }
  }
}

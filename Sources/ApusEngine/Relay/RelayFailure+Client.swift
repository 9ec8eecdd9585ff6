// What a failure of the core's own client means to whoever has a request handed on.

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
  /// The server is at fault, whatever it is asked for, and not the request or our own bounds. One that
  /// answers in HTTP is there: an answer that a gateway may not hand on, such as 999, is one resource's.
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

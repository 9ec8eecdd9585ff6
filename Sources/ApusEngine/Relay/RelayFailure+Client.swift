// What a failure of the core's own client means to whoever has a request handed on.

extension RelayFailure {
  init(_ failure: ClientFailure) {
    self =
      switch failure {
      case .poolFull, .timedOut(.poolWait): .noConnectionFree
      case .timedOut(.connect): .connectTimeout
      case .timedOut(.head), .timedOut(.body), .timedOut(.total): .answerTimeout
      case .nameNotResolved, .connectFailed: .unreachable
      case .connectionClosed, .connectionFailed, .bodyFailed: .connectionLost
      case .malformed: .malformedAnswer
      case .cancelled, .shutDown: .shutDown
      }
  }
}

// CloseReason: why a connection ended. Every one that ends is counted under exactly one.

package enum CloseReason: UInt8, CaseIterable, Sendable {
  /// The peer closed between two requests, or after its last answer.
  case peerFinished
  /// The peer closed in the middle of a request.
  case peerTruncated
  /// The connection was reset, or the network failed.
  case peerReset
  /// An answer said `close`: by the peer's wish, HTTP/1.0, or the connection's limits.
  case completed
  /// Idle for the keep-alive time-out.
  case idle
  /// No byte after the accept.
  case noFirstByte
  /// The head took too long: 408.
  case headTimeout
  /// The body stalled or came too slowly: 408.
  case bodyTimeout
  /// The peer did not take the answer.
  case sendTimeout
  /// The peer broke the protocol: 4xx, 501, 505.
  case protocolError
  /// An unread body was too large to drop.
  case unreadBody
  /// Closed idle, to make room for a new connection.
  case pressure
  /// Closed because the server ends.
  case drain
  /// Reset at the drain deadline.
  case drainForced
  /// The file under the answer became shorter than what was promised of it.
  case fileChanged
  /// The handler had not answered in time: 503.
  case answerTimeout
  /// The handler gave up an answer that had begun.
  case handlerAborted
  /// TLS failed: the counters of its failures say why.
  case secureFailure

  /// In logs and metrics.
  package var name: String {
    switch self {
    case .peerFinished: "peer-finished"
    case .peerTruncated: "peer-truncated"
    case .peerReset: "peer-reset"
    case .completed: "completed"
    case .idle: "idle"
    case .noFirstByte: "no-first-byte"
    case .headTimeout: "head-timeout"
    case .bodyTimeout: "body-timeout"
    case .sendTimeout: "send-timeout"
    case .protocolError: "protocol-error"
    case .unreadBody: "unread-body"
    case .pressure: "pressure"
    case .drain: "drain"
    case .drainForced: "drain-forced"
    case .fileChanged: "file-changed"
    case .answerTimeout: "answer-timeout"
    case .handlerAborted: "handler-aborted"
    case .secureFailure: "tls-failure"
    }
  }
}

// CloseReason: why a connection ended. Every connection that ends is counted under exactly one reason.

package enum CloseReason: UInt8, CaseIterable, Sendable {
  /// The peer closed between two requests, or after its last response.
  case peerFinished
  /// The peer closed in the middle of a request.
  case peerTruncated
  /// The connection was reset, or the network failed.
  case peerReset
  /// A response carried `close`: because the peer asked for it, or of HTTP/1.0, or the connection's limits.
  case completed
  /// It was idle for the keep-alive timeout.
  case idle
  /// No byte came after the accept.
  case noFirstByte
  /// The head took too long: 408.
  case headTimeout
  /// The body stalled or came too slowly: 408.
  case bodyTimeout
  /// The peer did not receive the response.
  case sendTimeout
  /// The peer broke the protocol: 4xx, 501, 505.
  case protocolError
  /// An unread body was too large to discard.
  case unreadBody
  /// Closed idle, to make room for a new connection.
  case pressure
  /// Closed because the server shuts down.
  case drain
  /// Reset at the drain deadline.
  case drainForced
  /// The file of the response became shorter than its announced length.
  case fileChanged
  /// The handler had not responded in time: 503.
  case answerTimeout
  /// The handler aborted a response that had begun.
  case handlerAborted
  /// TLS failed: the counters of its failures say why.
  case secureFailure

  /// The reason's name in logs and metrics.
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

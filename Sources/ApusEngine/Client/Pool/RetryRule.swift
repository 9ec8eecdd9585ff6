// RetryRule: whether a failed request is retried without asking its caller (RFC 9110 9.2.2, RFC 9112 9.3.1).
// A server may close an idle connection in the moment in which a request is written to it; this side cannot
// tell that apart from a server that took the request and died. So only a failure of a reused connection is
// retried.

package import ApusWire

/// The facts of an exchange that failed because its connection ended.
package struct FailedExchange: Sendable {
  /// The connection had carried an exchange before.
  package var wasReused: Bool
  /// Bytes of a response that arrived, interim responses included.
  package var receivedBytes: UInt64
  /// Bytes of the request that the kernel took.
  package var sentBytes: UInt64
  package var method: Method
  /// The request's body can be sent again from its start, or there is none.
  package var isReplayable: Bool

  package init(
    wasReused: Bool, receivedBytes: UInt64, sentBytes: UInt64, method: Method, isReplayable: Bool
  ) {
    self.wasReused = wasReused
    self.receivedBytes = receivedBytes
    self.sentBytes = sentBytes
    self.method = method
    self.isReplayable = isReplayable
  }
}

/// Why a request was retried.
package enum RetryReason: Sendable, Equatable {
  /// The connection had ended before a byte of the request was sent.
  case nothingSent
  /// The server may have seen the request, and may see it twice.
  case idempotent
}

package enum RetryRule {
  /// Returns nil if the caller must be told of the failure. A retry uses a fresh connection, so there is at
  /// most one.
  package static func reason(toRetry exchange: FailedExchange, isEnabled: Bool = true) -> RetryReason? {
    guard isEnabled, exchange.wasReused, exchange.receivedBytes == 0, exchange.isReplayable else {
      return nil
    }
    if exchange.sentBytes == 0 { return .nothingSent }
    return exchange.method.isIdempotent ? .idempotent : nil
  }
}

// ServerMetrics: what a running server has done and does, as numbers.

import ApusEngine

/// Sums over all cores since the start, and what is under way. A value: it does not change.
public struct ServerMetrics: Sendable {
  let counters: Counters
  /// Connections that are open.
  public let openConnections: Int
  /// Requests whose handler has suspended, or streams, and has not ended. Handlers that do not suspend
  /// are never seen under way.
  public let activeRequests: Int
  /// Cores that these numbers come from.
  public let cores: Int
  /// When the first of the server's certificates expires, in seconds since 1970; nil without TLS.
  public let certificateExpiry: Int64?

  init(_ reports: [CoreReport], certificateExpiry: Int64? = nil) {
    self.certificateExpiry = certificateExpiry
    var sum = Counters()
    for report in reports { sum.add(report.counters) }
    counters = sum
    openConnections = reports.reduce(0) { $0 + $1.openConnections }
    activeRequests = reports.reduce(0) { $0 + $1.activeRequests }
    cores = reports.count
  }

  /// Requests with a complete head.
  public var requests: UInt64 { counters.requests }
  /// Errors that were answered with 5xx or came behind the beginning of an answer: of handlers, hooks,
  /// middleware, proxies and time-outs.
  public var errors: UInt64 { counters.errors }
  /// Requests whose client went away before it had the beginning of an answer: 499 in logs, and no answer.
  public var clientClosedRequests: UInt64 { counters.unanswered }
  /// Requests that had no beginning of an answer when the server ended their connection, such as at the end
  /// of a drain: 503 in logs, and no answer.
  public var abandonedRequests: UInt64 { counters.givenUp }
  /// Connections accepted.
  public var connections: UInt64 { counters.accepted }
  /// Requests that came on a connection that had served one before.
  public var reusedConnections: UInt64 { counters.reuses }
  /// Bytes handed to the kernel for sending.
  public var bytesSent: UInt64 { counters.bytesSent }
  /// Bytes received.
  public var bytesReceived: UInt64 { counters.bytesReceived }

  /// Lines that the access log's file did not take.
  public var lostLogLines: UInt64 { counters.lostLogLines }

  /// Answers whose status begins with this digit, 1 to 5; of 1xx only a switch of protocols is one.
  public func answers(ofClass digit: Int) -> UInt64 {
    (1...5).contains(digit) ? counters.answers[digit] : 0
  }

  /// Closed connections by reason, all reasons.
  public var closes: [(reason: String, count: UInt64)] {
    CloseReason.allCases.map { ($0.name, counters[$0]) }
  }

  /// Requests that a proxy had no whole answer of a server's to, by reason, all reasons.
  public var proxyFailures: [(reason: String, count: UInt64)] {
    RelayFailure.allCases.map { ($0.name, counters[$0]) }
  }

  /// TLS handshakes that were finished, and how many of them resumed an earlier session.
  public var handshakes: (all: UInt64, resumed: UInt64) {
    (counters.secure.handshakeCount, counters.secure.resumed)
  }

  /// Connections whose TLS failed, by reason, all reasons.
  public var handshakeFailures: [(reason: String, count: UInt64)] {
    SecureFailure.Reason.allCases.map { ($0.name, counters.secure[$0]) }
  }

  /// The time within which the given share of answers was with the kernel to its last byte, from the
  /// turn that saw the last byte of the request's head; at most 25% above the truth. One that was
  /// cut, or whose client did not wait for it, counts with the time until its connection ended. Nil
  /// before the first answer.
  public func latency(quantile share: Double) -> Duration? {
    counters.latency.quantile(share).map { .nanoseconds(Int64($0)) }
  }

  /// The longest such time.
  public var maximumLatency: Duration { .nanoseconds(Int64(counters.latency.maximum)) }
}

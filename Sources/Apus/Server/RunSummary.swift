// RunSummary: what a server did, for the line or the screen at its end.

package import ApusEngine

/// Sums over all cores, from start to end.
public struct RunSummary: Sendable {
  package let counters: Counters
  /// Connections were reset because they did not end in time.
  public let wasForced: Bool

  /// Requests with a complete head.
  public var requests: UInt64 { counters.requests }
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

  /// The time within which the given share of answers was with the kernel to its last byte, from the
  /// turn that saw the last byte of the request's head; at most 25% above the truth. One that was
  /// cut, or whose client did not wait for it, counts with the time until its connection ended. Nil
  /// before the first answer.
  public func latency(quantile share: Double) -> Duration? {
    counters.latency.quantile(share).map { .nanoseconds(Int64($0)) }
  }

  /// The longest such time.
  public var maximumLatency: Duration { .nanoseconds(Int64(counters.latency.maximum)) }

  /// Closed connections by reason, the reasons that occurred.
  public var closes: [(reason: String, count: UInt64)] {
    CloseReason.allCases.compactMap { counters[$0] > 0 ? ($0.name, counters[$0]) : nil }
  }
}

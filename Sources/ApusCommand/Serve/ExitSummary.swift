// ExitSummary: what a server did, said once when it has ended: a small screen for a
// person, one line for a log.

package import Apus
package import Logging

package struct ExitSummary {
  private let summary: RunSummary
  private let uptime: Duration

  package init(_ summary: RunSummary, uptime: Duration) {
    self.summary = summary
    self.uptime = uptime
  }

  /// For a terminal.
  package var screen: String {
    var lines = [
      "",
      "Served \(HumanText.count(summary.requests)) requests on \(HumanText.count(summary.connections)) connections "
        + "in \(HumanText.duration(uptime))"
        + (summary.wasForced ? "; connections were still open and have been cut." : "."),
      "  bytes      \(HumanText.bytes(summary.bytesSent)) sent, \(HumanText.bytes(summary.bytesReceived)) received",
    ]
    if let latency {
      lines.append("  latency    p50 \(latency.p50), p99 \(latency.p99), max \(latency.max)")
      lines.append("  reuse      \(reuse) of the requests came on a connection that had served one before")
    }
    let closes = summary.closes.map { "\($0.reason) \(HumanText.count($0.count))" }
    if !closes.isEmpty { lines.append("  closed     " + closes.joined(separator: ", ")) }
    if summary.lostLogLines > 0 {
      lines.append(
        "  access log \(HumanText.count(summary.lostLogLines)) lines are lost: its file did not take them")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// For a log.
  package var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "requests": "\(summary.requests)", "connections": "\(summary.connections)",
      "bytes-sent": "\(summary.bytesSent)", "bytes-received": "\(summary.bytesReceived)",
      "uptime": "\(HumanText.duration(uptime))", "forced": "\(summary.wasForced)",
    ]
    if summary.lostLogLines > 0 { metadata["lost-log-lines"] = "\(summary.lostLogLines)" }
    if let latency {
      metadata["p50"] = "\(latency.p50)"
      metadata["p99"] = "\(latency.p99)"
      metadata["max"] = "\(latency.max)"
      metadata["reuse"] = "\(reuse)"
    }
    for close in summary.closes { metadata["closed-\(close.reason)"] = "\(close.count)" }
    return metadata
  }

  private var latency: (p50: String, p99: String, max: String)? {
    guard let p50 = summary.latency(quantile: 0.5), let p99 = summary.latency(quantile: 0.99) else {
      return nil
    }
    return (
      HumanText.duration(p50), HumanText.duration(p99), HumanText.duration(summary.maximumLatency)
    )
  }

  private var reuse: String { HumanText.share(summary.reusedConnections, of: summary.requests) }
}

// A server's numbers for swift-metrics, under OpenTelemetry's names where it has one. With the
// package trait `Metrics`.

#if Metrics
  public import CoreMetrics

  extension RunningServer {
    /// Tells `factory` of what was counted, every `interval`, until the task is cancelled;
    /// then once more, and returns.
    ///
    /// The counters stay the cores' own: this reads their sums and passes the differences on, so that it
    /// costs the same however many requests there are. Times are passed on as gauges of their quantiles, in
    /// seconds, as swift-metrics has no way to pass a histogram on.
    public func report(
      to factory: any MetricsFactory = MetricsSystem.factory, every interval: Duration = .seconds(10)
    ) async {
      let recorder = MetricsRecorder(factory)
      while !Task.isCancelled {
        recorder.record(await currentMetrics())
        try? await Task.sleep(for: interval)
      }
      recorder.record(await currentMetrics())
    }
  }

  /// Passes the counters on, and keeps those that were passed on so far.
  private final class MetricsRecorder {
    private let factory: any MetricsFactory
    private var counters: [String: (counter: Counter, last: UInt64)] = [:]
    private var gauges: [String: Gauge] = [:]

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func record(_ metrics: ServerMetrics) {
      gauge("http.server.active_requests", Double(metrics.activeRequests))
      gauge("http.server.open_connections", Double(metrics.openConnections))
      for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
        guard let latency = metrics.latency(quantile: share) else { continue }
        gauge("http.server.request.duration.\(name)", latency / .seconds(1))
      }
      count("apus.requests", metrics.requests)
      count("apus.errors", metrics.errors)
      count("apus.client_closed_requests", metrics.clientClosedRequests)
      count("apus.abandoned_requests", metrics.abandonedRequests)
      count("apus.connections.accepted", metrics.connections)
      count("apus.connections.reused", metrics.reusedConnections)
      count("apus.bytes.received", metrics.bytesReceived)
      count("apus.bytes.sent", metrics.bytesSent)
      count("apus.access_log.lost_lines", metrics.lostLogLines)
      for digit in 1...5 { count("apus.responses", metrics.answers(ofClass: digit), ("class", "\(digit)xx")) }
      for (reason, total) in metrics.closes { count("apus.connections.closed", total, ("reason", reason)) }
      for (reason, total) in metrics.proxyFailures { count("apus.proxy.failures", total, ("reason", reason)) }
    }

    private func gauge(_ label: String, _ value: Double) {
      let gauge = gauges[label] ?? Gauge(label: label, factory: factory)
      gauges[label] = gauge
      gauge.record(value)
    }

    private func count(_ label: String, _ total: UInt64, _ dimension: (String, String)? = nil) {
      let key = label + (dimension?.1 ?? "")
      let known =
        counters[key]
        ?? (Counter(label: label, dimensions: dimension.map { [$0] } ?? [], factory: factory), 0)
      if total > known.last { known.counter.increment(by: total - known.last) }
      counters[key] = (known.counter, total)
    }
  }
#endif

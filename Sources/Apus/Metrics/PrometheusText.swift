// Metrics as Prometheus scrapes them (text exposition format 0.0.4). What OpenTelemetry has names for has
// those (semantic conventions for HTTP), as Prometheus spells them.

import ApusEngine

extension ServerMetrics {
  /// Upper bounds of the histogram, in nanoseconds, and how they are written in seconds. OpenTelemetry's own
  /// begin at 5 ms, where an answer of this server is late already.
  private static let bounds: [(nanoseconds: UInt64, text: String)] = [
    (50_000, "0.00005"), (100_000, "0.0001"), (250_000, "0.00025"), (500_000, "0.0005"),
    (1_000_000, "0.001"), (2_500_000, "0.0025"), (5_000_000, "0.005"), (10_000_000, "0.01"),
    (25_000_000, "0.025"), (50_000_000, "0.05"), (75_000_000, "0.075"), (100_000_000, "0.1"),
    (250_000_000, "0.25"), (500_000_000, "0.5"), (750_000_000, "0.75"), (1_000_000_000, "1"),
    (2_500_000_000, "2.5"), (5_000_000_000, "5"), (7_500_000_000, "7.5"), (10_000_000_000, "10"),
  ]

  /// The text that Prometheus reads.
  public var prometheusText: String {
    var text = ""
    text.family(
      "http_server_request_duration_seconds", "histogram",
      "From the turn that saw the last byte of a request's head until the last byte of its answer was with the kernel or its connection had ended."
    )
    for bound in Self.bounds {
      text.sample(
        "http_server_request_duration_seconds_bucket{le=\"\(bound.text)\"}",
        counters.latency.count(within: bound.nanoseconds))
    }
    text.sample("http_server_request_duration_seconds_bucket{le=\"+Inf\"}", counters.latency.count)
    text += "http_server_request_duration_seconds_sum \(Double(counters.latency.sum) / 1e9)\n"
    text.sample("http_server_request_duration_seconds_count", counters.latency.count)
    text.gauge("http_server_active_requests", "Requests whose handler has suspended.", activeRequests)
    text.gauge("http_server_open_connections", "Connections that are open.", openConnections)
    text.gauge("apus_cores", "Threads that serve.", cores)
    text.counter("apus_requests_total", "Requests with a complete head.", requests)
    text.counter(
      "apus_errors_total",
      "Errors that were answered with 5xx or came behind the beginning of an answer: of handlers, hooks, middleware, proxies and time-outs.",
      errors)
    text.counter(
      "apus_client_closed_requests_total",
      "Requests whose client went away before it had the beginning of an answer.", clientClosedRequests)
    text.counter(
      "apus_abandoned_requests_total",
      "Requests whose connection the server ended before the beginning of an answer, such as at the end of a drain.",
      abandonedRequests)
    text.family(
      "apus_responses_total", "counter",
      "Answers by the class of their status; of 1xx those that switch protocols.")
    for digit in 1...5 { text.sample("apus_responses_total{class=\"\(digit)xx\"}", answers(ofClass: digit)) }
    text.counter("apus_connections_accepted_total", "Connections accepted.", connections)
    text.counter(
      "apus_connections_reused_total", "Requests that were not their connection's first.", reusedConnections)
    text.family("apus_connections_closed_total", "counter", "Connections closed, by reason.")
    for (reason, count) in closes {
      text.sample("apus_connections_closed_total{reason=\"\(reason)\"}", count)
    }
    text.family(
      "apus_proxy_failures_total", "counter",
      "Proxied requests without a whole answer of a server's, by reason.")
    for (reason, count) in proxyFailures {
      text.sample("apus_proxy_failures_total{reason=\"\(reason)\"}", count)
    }
    text.counter("apus_accept_errors_total", "Accepts that failed.", counters.acceptErrors)
    text.counter("apus_received_bytes_total", "Bytes received.", bytesReceived)
    text.counter("apus_sent_bytes_total", "Bytes handed to the kernel.", bytesSent)
    text.counter(
      "apus_receive_buffer_shortages_total", "Receives that found a core's buffers used up.",
      counters.bufferShortages)
    text.counter(
      "apus_access_log_lost_lines_total", "Lines that the access log's file did not take.", lostLogLines)
    if let certificateExpiry { appendSecurity(expiry: certificateExpiry, to: &text) }
    text.counter("apus_turns_total", "Passes of the cores' loops.", counters.turns)
    return text
  }
}

extension ServerMetrics {
  /// What there is of TLS alone.
  private func appendSecurity(expiry: Int64, to text: inout String) {
    text.family("apus_tls_handshakes_total", "counter", "TLS handshakes finished, by version.")
    for version in SecureVersion.allCases {
      text.sample("apus_tls_handshakes_total{version=\"\(version.name)\"}", counters.secure[version])
    }
    text.counter(
      "apus_tls_resumed_handshakes_total", "TLS handshakes that resumed an earlier session.",
      counters.secure.resumed)
    text.family("apus_tls_suites_total", "counter", "TLS handshakes finished, by cipher suite.")
    for (name, count) in counters.secure.bySuite {
      text.sample("apus_tls_suites_total{suite=\"\(name)\"}", count)
    }
    text.family("apus_tls_failures_total", "counter", "Connections whose TLS failed, by reason.")
    for (reason, count) in handshakeFailures {
      text.sample("apus_tls_failures_total{reason=\"\(reason)\"}", count)
    }
    text.gauge(
      "apus_tls_certificate_expiry_timestamp_seconds",
      "When the first of the certificates in use expires, in seconds since 1970.", Int(expiry))
  }
}

extension String {
  fileprivate mutating func family(_ name: String, _ type: String, _ help: String) {
    self += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  fileprivate mutating func sample(_ name: String, _ value: UInt64) { self += "\(name) \(value)\n" }

  fileprivate mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
    family(name, "counter", help)
    sample(name, value)
  }

  fileprivate mutating func gauge(_ name: String, _ help: String, _ value: Int) {
    family(name, "gauge", help)
    sample(name, UInt64(value))
  }
}

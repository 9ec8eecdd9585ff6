import Apus
import ApusEngine
import ApusRing
import Testing

@Suite struct MetricsTests {
  private func routes() -> Router {
    var router = testRoutes()
    router.metrics("/metrics")
    return router
  }

  /// The value of a sample.
  private func sample(_ text: String, _ name: String) -> UInt64? {
    text.split(separator: "\n").first { $0.hasPrefix(name + " ") }.flatMap {
      UInt64($0.dropFirst(name.count + 1))
    }
  }

  @Test func `a running server tells what it has done`() throws {
    let cores = min(2, availableProcessors().count)
    try withServer(routes(), { $0.cores = .count(cores) }) { server in
      let clients = try (0..<4).map { _ in try WireClient(port: server.port) }
      for client in clients {
        for _ in 0..<5 { _ = try client.get("/probe") }
        _ = try client.get("/none")
      }
      let metrics = server.metrics { $0.requests == 24 && $0.openConnections == 4 }
      #expect(metrics.cores == cores)
      #expect(metrics.requests == 24)
      #expect(metrics.connections == 4)
      #expect(metrics.openConnections == 4)
      #expect(metrics.activeRequests == 0)
      #expect(metrics.reusedConnections == 20)
      #expect(metrics.answers(ofClass: 2) == 20)
      #expect(metrics.answers(ofClass: 4) == 4)
      #expect(metrics.answers(ofClass: 9) == 0)
      #expect(metrics.bytesReceived > 24 * 30)
      #expect(metrics.bytesSent > 24 * 80)
      #expect(metrics.maximumLatency > .zero)
      #expect(try #require(metrics.latency(quantile: 0.5)) <= metrics.maximumLatency)
    }
  }

  @Test func `closes are counted by reason while the server runs`() throws {
    try withServer(routes()) { server in
      let client = try WireClient(port: server.port)
      _ = try client.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(try client.awaitEnd() == .finished)
      let metrics = server.metrics { $0.closes(.completed) > 0 }
      #expect(metrics.closes(.completed) == 1)
      #expect(metrics.closes(.idle) == 0)
    }
  }

  @Test func `the route says it in Prometheus' words`() throws {
    try withServer(routes()) { server in
      let client = try WireClient(port: server.port)
      for _ in 0..<7 { _ = try client.get("/probe") }
      let answer = try client.get("/metrics")
      #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
      let text = answer.text
      // The scrape is a request, too, and not answered yet.
      #expect(sample(text, "apus_requests_total") == 8)
      #expect(sample(text, "http_server_active_requests") == 1)
      #expect(sample(text, "http_server_request_duration_seconds_count") == 7)
      #expect(sample(text, #"http_server_request_duration_seconds_bucket{le="+Inf"}"#) == 7)
      #expect(sample(text, #"apus_responses_total{class="2xx"}"#) == 7)
      #expect(sample(text, "http_server_open_connections") == 1)
      #expect(sample(text, #"apus_connections_closed_total{reason="idle"}"#) == 0)
      // Buckets never shrink, and every line is a comment or a name and a number.
      var last: UInt64 = 0
      for line in text.split(separator: "\n") where !line.hasPrefix("#") {
        let parts = line.split(separator: " ")
        #expect(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
        if line.hasPrefix("http_server_request_duration_seconds_bucket"), let count = UInt64(parts[1]) {
          #expect(count >= last)
          last = count
        }
      }
    }
  }

  @Test func `a switch of protocols is among the answers`() throws {
    var router = upgradingRoutes()
    router.metrics("/metrics")
    try withServer(router) { server in
      try WireClient(port: server.port).echoOverUpgrade(10)
      let text = try WireClient(port: server.port).get("/metrics").text
      #expect(sample(text, #"apus_responses_total{class="1xx"}"#) == 1)
      #expect(sample(text, #"apus_responses_total{class="2xx"}"#) == 0)
    }
  }

  @Test func `a scrape tells what idle cores have done, too, without another`() throws {
    try withServer(routes(), { $0.cores = .count(min(2, availableProcessors().count)) }) { server in
      for round in 1...3 {
        for _ in 0..<8 { _ = try WireClient(port: server.port).get("/probe") }
        let text = try WireClient(port: server.port).get("/metrics").text
        #expect(sample(text, "apus_requests_total") == UInt64(9 * round))
        #expect(sample(text, "apus_connections_accepted_total") == UInt64(9 * round))
      }
    }
  }

  @Test func `a task that was cancelled is told what is so now, too`() async throws {
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
    configuration.cores = .count(1)
    let server = try Server(routes(), configuration: configuration).start()
    for round in 1...20 {
      _ = try WireClient(port: server.port).get("/probe")
      let task = Task {
        while !Task.isCancelled { await Task.yield() }
        return await server.currentMetrics()
      }
      task.cancel()
      #expect(await task.value.requests == UInt64(round))
    }
    server.stop()
    _ = server.wait()
  }

  @Test func `a core that a handler holds up is told of as it was last`() throws {
    let gate = BusyCore()
    try withServer(gate.routes(routes())) { server in
      _ = try WireClient(port: server.port).get("/probe")
      #expect(server.metrics { $0.requests == 1 }.requests == 1)
      try gate.hold(server) {
        // It has seen the request that holds it up, and cannot say so.
        #expect(server.metrics.requests == 1)
      }
      #expect(server.metrics { $0.requests == 2 }.requests == 2)
    }
  }

  @Test func `after the end the last numbers stay`() throws {
    var kept: RunningServer?
    try withServer(routes()) { server in
      kept = server
      _ = try WireClient(port: server.port).get("/")
    }
    let metrics = try #require(kept).metrics
    #expect(metrics.requests == 1)
    #expect(metrics.openConnections == 0)
  }

  @Test func `readers on many threads see whole reports`() throws {
    try withServer(routes()) { server in
      try inCrowd(4) { index in
        let client = try WireClient(port: server.port)
        for _ in 0..<200 {
          if index < 2 {
            let metrics = server.metrics
            #expect(metrics.requests >= metrics.reusedConnections)
            #expect(metrics.requests - metrics.reusedConnections <= metrics.connections)
          } else {
            _ = try client.get("/")
          }
        }
      }
    }
  }
}

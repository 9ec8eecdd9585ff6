import Apus
import ApusEngine
import ApusRing
import ApusWire
import Testing

/// The load generator against our own server over loopback, counted from both ends.
@Suite struct LoadServerTests {
  private func plan(
    _ server: RunningServer, connections: Int, pipeline: Int = 1, pace: Pace,
    _ requests: [(ApusWire.Method, String)]
  ) throws -> LoadPlan {
    let address = try SocketAddress.resolve(host: "127.0.0.1", port: server.port)[0]
    var plan = LoadPlan(
      origins: [address],
      requests: requests.map { LoadRequest(method: $0.0, bytes: Array($0.1.utf8), pipeline: pipeline) },
      connections: connections, pipeline: pipeline, pace: pace, duration: 500_000_000)
    // However slow the machine is, what the plan asks is answered before.
    plan.timeout = 120_000_000_000
    return plan
  }

  private func load(_ plan: LoadPlan) throws -> LoadTally {
    let share = try LoadThread(plan, processor: nil) { { _ in } }.join().get()
    var tally = share.tally
    tally.add(share.afterwards)
    return tally
  }

  private static let get = "GET /probe HTTP/1.1\r\nHost: h\r\n\r\n"

  @Test(arguments: [1, 8])
  func `an open loop's requests all arrive, on as many connections as it may use`(connections: Int) throws {
    let (tally, summary) = try withServer { server in
      try load(plan(server, connections: connections, pace: .even(1000), [(.get, Self.get)]))
    }
    #expect(tally.requests == 500)
    #expect(tally.errorCount == 0)
    #expect(tally.connectionsOpened == UInt64(connections))
    #expect(tally.reuses == 500 - UInt64(connections))
    // The server has seen the same.
    #expect(summary.requests == 500)
    #expect(summary.connections == UInt64(connections))
    #expect(summary.reusedConnections == tally.reuses)
  }

  @Test func `a closed loop pipelines, and no answer is missed`() throws {
    let (tally, summary) = try withServer { server in
      var plan = try plan(server, connections: 4, pipeline: 16, pace: .closed, [(.get, Self.get)])
      plan.duration = plan.timeout
      plan.requestLimit = 5000
      return try load(plan)
    }
    #expect(tally.errorCount == 0)
    #expect(tally.requests >= 5000)
    #expect(tally.contentBytes == tally.requests * 5)
    #expect(tally.connectionsOpened == 4 && summary.connections == 4)
    // What was under way at the end was answered to nobody.
    #expect((0...64).contains(Int(summary.requests) - Int(tally.requests)))
  }

  @Test func `HEAD, a body in both directions, and an error are told apart on one connection`() throws {
    let body = String(repeating: "x", count: 20_000)
    let requests: [(ApusWire.Method, String)] = [
      (.head, "HEAD /bytes/5000 HTTP/1.1\r\nHost: h\r\n\r\n"),
      (.get, "GET /bytes/100000 HTTP/1.1\r\nHost: h\r\n\r\n"),
      (.post, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n\(body)"),
      (.get, "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"),
    ]
    let (tally, summary) = try withServer { server in
      try load(plan(server, connections: 1, pace: .even(400), requests))
    }
    #expect(tally.requests == 200)
    #expect(tally.connectionsOpened == 1 && summary.connections == 1)
    #expect(tally[.status] == tally.statuses[4] && tally.errorCount == tally[.status])
    #expect(tally.statuses[4] > 20 && tally.statuses[2] > 100)
    #expect(tally.contentBytes > 100_000 * 30)
  }

  @Test func `connections that the server closes are opened again`() throws {
    let (tally, summary) = try withServer { server in
      let close = "GET /probe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
      return try load(plan(server, connections: 3, pace: .even(400), [(.get, close)]))
    }
    #expect(tally.errorCount == 0)
    #expect(tally.requests == 200 && tally.reuses == 0)
    #expect(tally.connectionsOpened == 200 && summary.connections == 200)
  }

  @Test func `a reset that comes along with a part of an answer is counted as one, long before the time-out`()
    throws
  {
    let server = try RawServer { peer, _ in
      guard peer.receiveHead() != nil else { return }
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
      peer.reset()
    }
    var plan = LoadPlan(
      origins: [try SocketAddress.resolve(host: "127.0.0.1", port: server.port)[0]],
      requests: [LoadRequest(method: .get, bytes: Array(Self.get.utf8), pipeline: 1)], connections: 8,
      pace: .closed, duration: 100_000_000_000)
    plan.timeout = 100_000_000_000
    plan.requestLimit = 40
    let tally = try load(plan)
    #expect(tally[.reset] >= 40 && tally.errorCount == tally[.reset])
  }
}

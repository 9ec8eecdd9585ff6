// Blocking work: it keeps threads of its own busy, and no core.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import Synchronization
import Testing

// One after the other: they fill the same threads.
@Suite(.serialized) struct OffloadTests {
  @Test func `a handler that blocks in offload delays no request, and its response comes from its own core`()
    throws
  {
    let gate = ThreadGate()
    var router = testRoutes()
    router.get("/blocking") { _ in
      let isElsewhere = try await offload {
        gate.pass()
        return Core.current == nil
      }
      return .text("\(isElsewhere && Core.current != nil)")
    }
    let (_, summary) = try withServer(router) { server in
      // More than run at once: the others wait for a thread.
      let waiting = try (0..<7).map { _ in try WireClient(port: server.port) }
      for client in waiting { try client.send("GET /blocking HTTP/1.1\r\nHost: test\r\n\r\n") }
      let quick = try WireClient(port: server.port)
      for number in 0..<50 { #expect(try quick.get("/n/\(number)").text == "\(number)") }
      gate.open()
      for client in waiting { #expect(try client.answer().text == "true") }
    }
    #expect(summary.counters.abandonedTasks == 0)
  }

  @Test func `long work of handlers does not stop the looking up of names`() throws {
    let gate = ThreadGate()
    let client = Client()
    var router = testRoutes()
    router.get("/blocking") { _ in
      try await offload { gate.pass() }
      return .empty()
    }
    router.get("/ask") { request in
      let port = try request.query("port", as: Int.self) ?? 0
      return .text(try await client.get("http://localhost:\(port)/n/7").text)
    }
    try withServer(router) { server in
      defer { gate.open() }
      // More than there are threads.
      let waiting = try (0..<8).map { _ in try WireClient(port: server.port) }
      for client in waiting { try client.send("GET /blocking HTTP/1.1\r\nHost: test\r\n\r\n") }
      let quick = try WireClient(port: server.port)
      gate.awaitArrivals(4)
      #expect(try quick.get("/ask?port=\(server.port)").text == "7")
      gate.open()
      for client in waiting { #expect(try client.answer().status == 204) }
    }
  }

  @Test func `where too much work waits, more is refused with 503, and taken again afterwards`() throws {
    let gate = ThreadGate()
    var router = testRoutes()
    router.get("/blocking") { _ in
      try await offload { gate.pass() }
      return .empty()
    }
    router.get("/impatient") { _ in .text(try await offload(waitingLimit: 0) { "done" }) }
    router.get("/patient") { _ in .text(try await offload(waitingLimit: 1000) { "done" }) }
    router.get("/caught") { _ in
      do { return .text(try await offload(waitingLimit: 0) { "done" }) } catch let error as OffloadRefused {
        return .text(error.description)
      }
    }
    try withServer(router) { server in
      defer { gate.open() }
      let waiting = try (0..<8).map { _ in try WireClient(port: server.port) }
      for client in waiting { try client.send("GET /blocking HTTP/1.1\r\nHost: test\r\n\r\n") }
      let other = try WireClient(port: server.port)
      gate.awaitArrivals(4)
      #expect(try other.get("/impatient").status == 503)
      #expect(try other.get("/caught").text == "0 pieces of offloaded work wait already")
      try other.send("GET /patient HTTP/1.1\r\nHost: test\r\n\r\n")
      gate.open()
      #expect(try other.answer().text == "done")
      for client in waiting { #expect(try client.answer().status == 204) }
    }
  }

  @Test func `a pool takes as much as may wait, does all of it in order, and then takes more`() {
    let pool = OffloadPool(threads: 1)
    let gate = ThreadGate()
    let done = Lock<[Int]>([])
    #expect(pool.add(waitingLimit: 0) { gate.pass() })
    gate.awaitArrivals(1)
    let isTaken = (0..<5).map { number in
      pool.add(waitingLimit: 3) { done.withLock { $0.append(number) } }
    }
    #expect(isTaken == [true, true, true, false, false])
    gate.open()
    #expect(eventually { done.withLock { $0.count } == 3 })
    // The thread may be about to end: one may wait for it.
    #expect(pool.add(waitingLimit: 1) { done.withLock { $0.append(5) } })
    #expect(eventually { done.withLock { $0.count } == 4 })
    #expect(done.withLock { $0 } == [0, 1, 2, 5])
  }

  @Test func `an error thrown there is the handler's, and a peer that left meanwhile leaves nothing behind`()
    throws
  {
    let gate = ThreadGate()
    let witness = Witness()
    var router = testRoutes()
    router.get("/failing") { _ in
      try await offload { throw HTTPError(.conflict) }
      return .empty()
    }
    router.get("/left") { _ in
      try await offload { gate.pass() }
      if Task.isCancelled { witness.cancelled.add(1, ordering: .relaxed) }
      return .empty()
    }
    let (_, summary) = try withServer(router) { server in
      #expect(try WireClient(port: server.port).get("/failing").status == 409)
      do {
        let client = try WireClient(port: server.port)
        try client.send("GET /left HTTP/1.1\r\nHost: test\r\n\r\n")
        gate.awaitArrivals(1)
        client.reset()
      }
      // The reset is seen before the work ends.
      #expect(server.metrics { $0.closes(.peerReset) == 1 }.closes(.peerReset) == 1)
      gate.open()
      #expect(witness.await { $0.cancelled.load(ordering: .relaxed) })
    }
    #expect(summary.closes(.peerReset) == 1)
    #expect(summary.counters.abandonedTasks == 0)
  }
}

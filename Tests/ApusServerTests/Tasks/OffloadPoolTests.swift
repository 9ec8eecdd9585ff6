// The threads of `offload`: how many there are, how long they stay, and who has which.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import FoundationEssentials
import Testing

// One after the other: some count the threads of the whole process.
@Suite(.serialized) struct OffloadPoolTests {
  /// The calling thread, by a number that no later thread has.
  private static func thisThread() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? ""
  }

  /// Threads of this process whose name is this.
  private static func threads(named name: String) -> Int {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.count { task in
      (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == name + "\n"
    }
  }

  @Test func `pieces of work that follow each other have the same threads`() throws {
    var router = testRoutes()
    router.get("/who") { _ in .text(try await offload { Self.thisThread() }) }
    try withServer(router) { server in
      let client = try WireClient(port: server.port)
      let threads = try Set((0..<60).map { _ in try client.get("/who").text })
      // One may have come back to wait when the next piece comes, or be about to.
      #expect((1...4).contains(threads.count), "\(threads)")
    }
  }

  @Test func `a thread ends when it has had no work for so long`() {
    let pool = OffloadPool(threads: 2, idle: .milliseconds(20))
    let done = Lock(0)
    for _ in 0..<2 { pool.add { done.withLock { $0 += 1 } } }
    #expect(eventually { done.withLock { $0 } == 2 && pool.threadCount == 0 })
    #expect(!pool.isBusy)
    pool.add { done.withLock { $0 += 1 } }
    #expect(eventually { done.withLock { $0 } == 3 })
  }

  @Test func `no more threads start than the pool has, and each piece of work is done once`() {
    let pool = OffloadPool(threads: 3, idle: .seconds(60))
    let gate = ThreadGate()
    let done = Lock([Int: Int]())
    for _ in 0..<3 { #expect(pool.add(waitingLimit: 0) { gate.pass() }) }
    gate.awaitArrivals(3)
    #expect(!pool.add(waitingLimit: 0) {})
    for number in 0..<500 { pool.add { done.withLock { $0[number, default: 0] += 1 } } }
    #expect(pool.threadCount == 3 && pool.isBusy)
    gate.open()
    #expect(eventually { done.withLock { $0.count } == 500 && !pool.isBusy })
    #expect(done.withLock { $0.values.allSatisfy { $0 == 1 } })
    #expect(pool.threadCount == 3)
    pool.end()
    #expect(eventually { pool.threadCount == 0 })
    // A task that was left behind may come late.
    pool.add { done.withLock { $0[500] = 1 } }
    #expect(eventually { done.withLock { $0[500] } == 1 && pool.threadCount == 0 })
  }

  @Test func `a name has threads of its own, as many as are configured, and they end with the server`() throws
  {
    let (blocked, other) = (ThreadGate(), ThreadGate())
    var router = testRoutes()
    router.get("/lasting") { _ in
      .text(
        try await offload(on: "lasting", waitingLimit: 0) {
          blocked.pass(); return "lasting"
        })
    }
    router.get("/other") { _ in
      .text(
        try await offload(on: "other", waitingLimit: 0) {
          other.pass(); return "other"
        })
    }
    router.get("/unnamed") { _ in .text(try await offload(waitingLimit: 0) { "unnamed" }) }
    try withServer(
      router,
      {
        $0.offload.threads = 1
        $0.offload.pools["lasting"] = 2
        $0.offload.idle = .seconds(600)
      }
    ) { server in
      let clients = try (0..<2).map { _ in try WireClient(port: server.port) }
      for client in clients { try client.send("GET /lasting HTTP/1.1\r\nHost: a\r\n\r\n") }
      blocked.awaitArrivals(2)
      let third = try WireClient(port: server.port)
      #expect(try third.get("/lasting").status == 503)
      #expect(try third.get("/unnamed").text == "unnamed")
      try third.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
      other.awaitArrivals(1)
      let fourth = try WireClient(port: server.port)
      #expect(try fourth.get("/other").status == 503)
      #expect(Self.threads(named: "apus-lasting") == 2)
      blocked.open()
      other.open()
      for client in clients { #expect(try client.answer().text == "lasting") }
      #expect(try third.answer().text == "other")
    }
    #expect(eventually { Self.threads(named: "apus-lasting") == 0 && Self.threads(named: "apus-other") == 0 })
  }

  @Test func `numbers of threads that make no sense keep the server from starting`() throws {
    func fault(_ change: (inout Server.Configuration.Offload) -> Void) -> String? {
      var offload = Server.Configuration.Offload()
      change(&offload)
      return offload.fault()
    }
    #expect(fault { _ in } == nil)
    #expect(fault { $0.threads = 1024 } == nil)
    #expect(fault { $0.threads = 0 } == "offload.threads is 0, outside 1 to 1024")
    #expect(fault { $0.threads = 1025 } != nil)
    #expect(fault { $0.pools["a"] = 0 } == "offload.pools[\"a\"] is 0, outside 1 to 1024")
    #expect(fault { $0.idle = .seconds(-1) } != nil)
    #expect(fault { for number in 0..<65 { $0.pools["\(number)"] = 1 } } != nil)
    var configuration = Server.Configuration()
    configuration.listen = [.tcp("127.0.0.1", 0)]
    configuration.offload.threads = 0
    #expect(throws: ServerError.self) {
      _ = try Server(Router(), configuration: configuration).start()
    }
  }

  @Test func `names without end share the pool without a name`() {
    let pools = OffloadPools(Server.Configuration.Offload())
    for number in 0..<1000 { _ = pools.pool("\(number)") }
    #expect(pools.pool("1000") === pools.pool(nil))
    #expect(pools.pool("0") !== pools.pool(nil) && pools.pool("0") === pools.pool("0"))
  }

  @Test func `a server knows of work on any of its threads`() {
    let pools = OffloadPools(Server.Configuration.Offload())
    for name in [nil, "named"] {
      let gate = ThreadGate()
      #expect(!pools.isBusy)
      pools.pool(name).add { gate.pass() }
      #expect(pools.isBusy)
      gate.open()
      #expect(eventually { !pools.isBusy })
    }
    pools.end()
  }
}

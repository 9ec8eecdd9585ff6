import Apus
import ApusEngine
import ApusHeapProbe
import ApusRing
import ApusTestSupport
import Testing

/// After warm-up a core asks the heap for nothing per request. The table of connections is driven as the
/// reactor drives it, without a kernel, so that each allocation counted is the server's.
@Suite(.countsAllocations) struct AllocationTests {
  /// Allocations in `rounds` turns that bring `input` to each of `connections` connections,
  /// after as many of warm-up.
  private func allocations(_ router: Router, _ input: String, rounds: Int = 200, connections: Int = 8) throws
    -> UInt
  {
    let bytes = Array(input.utf8)
    var clock: UInt64 = 1_000_000_000
    var table = ConnectionTable(
      slots: connections, handler: try router.makeHandler(collectBytes: 1 << 20),
      exchanges: Core().exchanges, now: Instant(nanoseconds: clock))
    for slot in 0..<connections { table.didAccept(Slot(slot)) }
    var sent = 0
    func run(_ table: inout ConnectionTable) {
      for _ in 0..<rounds {
        // A third of a millisecond a turn: no second passes, and the file cache looks at nothing anew.
        clock += 300_000
        table.beginTurn(now: Instant(nanoseconds: clock), unixSeconds: 1_700_000_000)
        for slot in 0..<connections { table.didReceive(bytes.span, Slot(slot)) }
        while let slot = table.nextDirty() {
          actions: while true {
            switch table.nextAction(slot) {
            case .none: break actions
            case .send(let region):
              sent += region.count
              table.didSend(Int32(region.count), slot)
            case .sendBoth(let head, let body):
              sent += head.count + body.count
              table.didSend(Int32(head.count + body.count), slot)
            default: break
            }
          }
        }
        while table.expireNext() != nil {}
      }
    }
    run(&table)
    #expect(sent > rounds * connections * 50, "every request was answered")
    let before = apus_heap_allocations()
    run(&table)
    return apus_heap_allocations() - before
  }

  /// Sixteen requests more in each turn allocate nothing more. Code that is not optimised allocates per turn
  /// (frames of coroutines), so that only an optimised build can show that a turn allocates nothing at all.
  private func expectNone(_ router: Router, _ request: String) throws {
    let one = try allocations(router, request)
    let many = try allocations(router, String(repeating: request, count: 17))
    #expect(many == one)
    #if !DEBUG
      #expect(one == 0)
    #endif
  }

  @Test func `a static answer allocates nothing`() throws {
    var router = Router()
    router.get("/plaintext") { _ in .static("Hello, World!") }
    try expectNone(router, "GET /plaintext HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n")
  }

  @Test func `answers whose heads change after every second one allocate nothing`() throws {
    var router = Router()
    router.get("/a") { _ in .static("short") }
    router.get("/b") { _ in .static("not quite as short") }
    func count(_ targets: [String]) throws -> UInt {
      try allocations(router, targets.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    }
    #expect(try count(["/a", "/a", "/b", "/b"]) == count(["/a", "/a", "/a", "/a"]))
  }

  @Test func `a path that needs its normal form allocates nothing`() throws {
    var router = Router()
    router.get("/a/b") { _ in .static("ok") }
    try expectNone(router, "GET /a/./%62 HTTP/1.1\r\nHost: a\r\n\r\n")
  }

  @Test func `a file in the cache allocates nothing`() throws {
    let tree = TemporaryTree()
    tree.file("page.html", String(repeating: "x", count: 1024))
    // Old enough that its validators are settled.
    tree.touch("page.html", seconds: 1_600_000_000)
    var router = Router()
    router.files("/", StaticFiles(root: tree.path))
    try expectNone(router, "GET /page.html HTTP/1.1\r\nHost: a\r\n\r\n")
  }

  @Test func `a body that the answer does not need allocates nothing`() throws {
    var router = Router()
    router.post("/count") { _ in .static("counted") }
    try expectNone(router, "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
  }

  @Test func `the counter counts`() throws {
    var router = Router()
    router.get("/array") { _ in .bytes(Array(repeating: 7, count: 100)) }
    let count = try allocations(router, "GET /array HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(count >= 200 * 8, "an array per answer")
  }
}

import Apus
import ApusRing
import ApusTestSupport
import Glibc
import Synchronization
import Testing

/// RFC 9110 and 9112, and known attacks, as tables of requests and outcomes
/// (Cases/*.cases), against a live server.
@Suite struct ConformanceTests {
  static let tables = [
    "plain-requests", "request-line", "lines-and-fields", "content-length", "transfer-encoding", "chunks",
    "expectations", "persistence", "preconditions", "ranges", "paths", "bounds",
  ]

  @Test(arguments: tables) func `every case of the table has its outcome`(table: String) throws {
    let cases = ConformanceCase.parse(try read(table))
    #expect(cases.count >= 9)
    let tree = conformanceTree()
    var router = Router()
    router.get("/probe") { _ in .static("probe") }
    router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
    router.files("/", StaticFiles(root: tree.absolute("html")))
    try withServer(router, { $0.limits.collectBytes = 4 << 20 }) { server in
      let port = server.port
      let tag = try #require(try WireClient(port: port).get("/range.txt")["ETag"])
      let work = Work(cases)
      try inCrowd(16) { _ in
        while let entry = work.take() {
          let differences: [String]
          do { differences = try ConformanceTrial(entry: entry, server: server, tag: tag).run() } catch {
            differences = ["\(error)"]
          }
          work.report(entry.name, differences)
        }
      }
      for fault in work.faults { Issue.record("\(table): \(fault)") }
      #expect(try WireClient(port: port).get("/").text == "OK", "the server serves on")
    }
  }

  @Test func `Date is an IMF-fixdate`() throws {
    try withServer { server in
      let date = try #require(try WireClient(port: server.port).get("/")["Date"])
      let shape =
        /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT/
      #expect(date.wholeMatch(of: shape) != nil, "\(date)")
    }
  }

  private func read(_ table: String, file: String = #filePath) throws -> String {
    let folder = file[..<file.lastIndex(of: "/")!]
    let stream = try #require(fopen("\(folder)/Cases/\(table).cases", "r"))
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 { bytes += chunk[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Cases that threads take from, and what they found.
private final class Work: Sendable {
  private let cases: [ConformanceCase]
  private let next = Atomic<Int>(0)
  private let found = Lock<[String]>([])

  init(_ cases: [ConformanceCase]) { self.cases = cases }

  func take() -> ConformanceCase? {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < cases.count ? cases[index] : nil
  }

  func report(_ name: String, _ differences: [String]) {
    for difference in differences { found.withLock { $0.append("\(name): \(difference)") } }
  }

  var faults: [String] { found.withLock { $0 } }
}

/// The files that the tables ask for.
private func conformanceTree() -> TemporaryTree {
  let tree = fixture()
  tree.file("html/noperm.txt", "not for all", mode: 0)
  tree.fifo("html/fifo")
  return tree
}

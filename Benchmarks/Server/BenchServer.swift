// apus-bench-server: the library under the routes that benchmarks and conformance suites ask for.

import Apus
import ArgumentParser
import Logging

@main
struct BenchServer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apus-bench-server",
    abstract: "Apus with the routes of scripts/bench; what matches no route is a file under --root.")

  @Option(help: "Address to listen on.") var host = "127.0.0.1"
  @Option(help: "Port to listen on.") var port: UInt16 = 8080
  @Option(help: "Cores that serve; all if left out.") var cores: Int?
  @Option(help: "Directory whose files are served.") var root: String?
  @Option(help: "Seconds that an idle connection stays open.") var keepaliveTimeout: Int = 75

  func run() throws {
    var logger = Logger(label: "apus-bench-server")
    logger.logLevel = .warning
    var configuration = Server.Configuration()
    configuration.host = host
    configuration.port = port
    if let cores { configuration.cores = .count(cores) }
    configuration.timeouts.keepAlive = .seconds(keepaliveTimeout)
    configuration.limits.collectBytes = 64 << 20
    _ = try Server(Self.routes(root: root), configuration: configuration, logger: logger).run()
  }

  static func routes(root: String?) -> Router {
    var router = Router()
    router.get("/plaintext") { _ in .static("Hello, World!") }
    router.get("/async") { _ in await returnAtOnce() }
    router.get("/async-yield") { _ in
      await Task.yield()
      return .static("Hello, World!")
    }
    router.get("/pipeline") { _ in .static("ok") }
    router.get("/json") { _ in .static(#"{"message":"Hello, World!"}"#, type: .json) }
    router.get("/baseline11") { request in .text(String(sum(request))) }
    router.post("/baseline11") { request in .text(String(sum(request) + (Int(request.bodyText) ?? 0))) }
    router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
    router.post("/upload") { request in .text(String(request.body.count)) }
    if let root { router.files("/", StaticFiles(root: root)) }
    return router
  }

  /// Asynchronous in name only.
  private static func returnAtOnce() async -> Response { .static("Hello, World!") }

  /// The sum of the query's `a` and `b`.
  private static func sum(_ request: borrowing Request) -> Int {
    (request.query("a").flatMap { Int($0) } ?? 0) + (request.query("b").flatMap { Int($0) } ?? 0)
  }
}

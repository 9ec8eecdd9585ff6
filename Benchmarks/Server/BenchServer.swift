// apus-bench-server: the library under the routes that benchmarks and conformance suites ask for.

import Apus
import ApusBenchDocument
import ApusEngine
import ApusTLS
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

  @Option(help: "A server that requests under /proxied are handed on to.") var proxy: String?

  @Option(help: "A certificate in PEM, to speak TLS with.") var tlsCert: String?
  @Option(help: "The key of --tls-cert.") var tlsKey: String?

  func run() throws {
    var logger = Logger(label: "apus-bench-server")
    logger.logLevel = .warning
    var configuration = Server.Configuration()
    configuration.host = host
    configuration.port = port
    if let cores { configuration.cores = .count(cores) }
    configuration.timeouts.keepAlive = .seconds(keepaliveTimeout)
    configuration.limits.collectBytes = 64 << 20
    if let tlsCert {
      configuration.security = try .tls(TLSServerFiles(chain: tlsCert, key: tlsKey ?? tlsCert))
    }
    var routes = try Self.routes(root: root)
    if let proxy { routes.proxy("/proxied", to: proxy) }
    _ = try Server(routes, configuration: configuration, logger: logger).run()
  }

  static func routes(root: String?) throws -> Router {
    var router = Router()
    router.get("/plaintext") { _ in .static("Hello, World!") }
    router.get("/async") { _ in await returnAtOnce() }
    router.get("/async-yield") { _ in
      await Task.yield()
      return .static("Hello, World!")
    }
    router.get("/async-sleep") { _ in
      try await Task.sleep(for: .milliseconds(1))
      return .static("Hello, World!")
    }
    router.events("/sse") { _, events in
      while true {
        try await events.send("tick")
        try await Task.sleep(for: .seconds(1))
      }
    }
    router.on(.post, "/upload-stream") { _, body, sender in
      var count = 0
      while let chunk = try await body.read() { count += chunk.count }
      sender.send(.text(String(count)))
    }
    router.on(.get, "/download") { request, _, sender in
      var left = Int(request.query("bytes") ?? "") ?? 0
      var writer = try sender.start(Response.bytes([]))
      while left > 0 {
        let piece = Self.content.prefix(min(left, Self.content.count))
        left -= piece.count
        try await writer.write(piece)
      }
      try writer.finish()
    }
    router.get("/pipeline") { _ in .static("ok") }
    router.get("/json") { _ in .static(#"{"message":"Hello, World!"}"#, type: .json) }
    router.get("/baseline11") { request in .text(String(sum(request))) }
    router.post("/baseline11") { request in .text(String(sum(request) + (Int(request.bodyText) ?? 0))) }
    router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
    router.post("/upload") { request in .text(String(request.body.count)) }
    router.get("/json1k") { _ in try .json(writing: BenchDocument.sample, capacity: 1100) }
    let sameSize = try BenchDocument.sampleText()
    router.get("/static1k") { _ in .static(sameSize, type: .json) }
    router.get("/json1k-codable") { _ in try .json(BenchDocument.sample) }
    router.get("/users/{id}") { request in .text(request.parameter("id") ?? "") }
    addManyRoutes(to: &router)
    if let root { router.files("/", StaticFiles(root: root)) }
    return router
  }

  /// The content of downloads: 256 KiB, repeated.
  private static let content = BodyChunk(
    copying: [UInt8](repeating: UInt8(ascii: "x"), count: 256 << 10).span)

  /// With `/users/{id}` 500 routes, most of them with captures.
  private static func addManyRoutes(to router: inout Router) {
    for number in 0..<124 {
      router.group("/service\(number)") { group in
        group.get("/items") { _ in .static("items") }
        group.get("/items/{id}") { request in .text(request.parameter("id") ?? "") }
        group.get("/items/{id}/parts/{part}") { request in .text(request.parameter("part") ?? "") }
        group.get("/files/**") { _ in .static("files") }
      }
    }
    router.get("/users") { _ in .static("users") }
    router.get("/users/{id}/orders") { _ in .static("orders") }
    router.get("/users/{id}/orders/{order}") { _ in .static("order") }
  }

  /// Asynchronous in name only.
  private static func returnAtOnce() async -> Response { .static("Hello, World!") }

  /// The sum of the query's `a` and `b`.
  private static func sum(_ request: borrowing Request) -> Int {
    (request.query("a").flatMap { Int($0) } ?? 0) + (request.query("b").flatMap { Int($0) } ?? 0)
  }
}

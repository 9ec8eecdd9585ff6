// LiveServer: a server of one test's, on a free port, that is ended and audited when
// the test's closure returns.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import Logging
import Testing

/// How a test's server ends.
enum Ending {
  case drain
  case stop
  /// The test's closure has told it already.
  case byTest
}

/// Runs `body` with a server of one core on a free port. At its end the server is drained: it must end by
/// itself, with every accepted connection closed once, for one reason.
@discardableResult
func withServer<Value>(
  _ router: Router = testRoutes(), ending: Ending = .drain,
  _ configure: (inout Server.Configuration) -> Void = { _ in },
  _ body: (RunningServer) throws -> Value
) throws -> (value: Value, summary: RunSummary) {
  var configuration = Server.Configuration()
  configuration.port = 0
  configuration.cores = .count(1)
  configuration.timeouts.drainIdle = .milliseconds(20)
  configuration.timeouts.linger = .milliseconds(500)
  switch KernelProfile.current {
  case .running: break
  case .ordinaryDescriptors: configuration.usesDirectDescriptors = false
  case .singleAccepts:
    configuration.usesDirectDescriptors = false
    configuration.acceptsMultishot = false
  }
  configure(&configuration)
  var logger = Logger(label: "apus-test")
  logger.logLevel = .warning
  let server = try Server(router, configuration: configuration, logger: logger).start()
  let result = Result { try body(server) }
  switch ending {
  case .drain: server.drain()
  case .stop: server.stop()
  case .byTest: break
  }
  let summary = server.wait()
  let value = try result.get()
  audit(summary, wasDrained: ending == .drain)
  return (value, summary)
}

/// What holds at every server's end: each connection was closed once, for one reason, and a
/// drain has ended by itself.
func audit(_ summary: RunSummary, wasDrained: Bool = true) {
  #expect(
    summary.closes.reduce(0) { $0 + $1.count } == summary.connections,
    "\(summary.connections) connections, closed: \(summary.closes)")
  if wasDrained {
    #expect(!summary.wasForced, "the drain did not end by itself; closed: \(summary.closes)")
  }
}

extension RunSummary {
  /// Connections closed for one reason.
  func closes(_ reason: CloseReason) -> UInt64 { counters[reason] }
}

extension ServerMetrics {
  /// Connections closed for one reason.
  func closes(_ reason: CloseReason) -> UInt64 { closes.first { $0.reason == reason.name }?.count ?? 0 }
}

extension RunningServer {
  /// Asks until what is told is as it should be; what was told last. One look says little: of a core that is
  /// busy for a tenth of a second it tells what it knew before.
  func metrics(until isAsExpected: (ServerMetrics) throws -> Bool) rethrows -> ServerMetrics {
    var told = metrics
    _ = try eventually {
      if try isAsExpected(told) { return true }
      told = metrics
      return false
    }
    return told
  }
}

/// Which core a handler runs on, as words that differ from core to core.
func coreName() -> String { Core.current.map { "\(ObjectIdentifier($0))" } ?? "none" }

/// The routes that most tests ask for.
func testRoutes() -> Router {
  var router = Router()
  router.get("/") { _ in .static("OK") }
  router.get("/probe") { _ in .static("probe") }
  router.get("/n/{number}") { request in .text(request.parameter("number") ?? "") }
  router.get("/bytes/{count}") { request in
    .bytes(pattern(Int(request.parameter("count") ?? "") ?? 0))
  }
  router.get("/text/{count}") { request in
    .text(String(repeating: "abcdefgh", count: (Int(request.parameter("count") ?? "") ?? 0) / 8))
  }
  router.post("/echo") { request in .bytes([UInt8](copying: request.body)) }
  router.post("/small", collectBytes: 10) { request in .text("\(request.body.count)") }
  return router
}

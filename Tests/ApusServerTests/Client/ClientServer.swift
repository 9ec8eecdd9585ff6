// A server for the client's tests: one core on loopback, its counters after its drain.

import Apus
import ApusEngine
import ApusWire
import Logging

/// Runs `body` with a server of one core; its counters after the drain, which ends by itself.
func withServer<Value: Sendable>(
  _ router: Router = clientRoutes(), _ configure: (inout Server.Configuration) -> Void = { _ in },
  _ body: @Sendable (String) async throws -> Value
) async throws -> (value: Value, summary: RunSummary) {
  var configuration = Server.Configuration()
  configuration.port = 0
  configuration.cores = .count(1)
  configuration.timeouts.keepAlive = .seconds(600)
  configuration.timeouts.bodyStall = .seconds(600)
  configuration.timeouts.minimumRate = 0
  configuration.timeouts.drainIdle = .milliseconds(20)
  configuration.timeouts.linger = .milliseconds(200)
  configure(&configuration)
  var logger = Logger(label: "apus-test")
  logger.logLevel = .warning
  let server = try Server(router, configuration: configuration, logger: logger).start()
  let result: Result<Value, any Error>
  do { result = .success(try await body("http://127.0.0.1:\(server.port)")) } catch {
    result = .failure(error)
  }
  server.drain()
  let summary = server.wait()
  let value = try result.get()
  audit(summary)
  return (value, summary)
}

/// For uploads that are cut off: the reset that comes along with their last bytes may go unheard
/// (ARCHITECTURE, "A response that comes in pieces"), and it is this deadline that finds such a peer, before
/// the drain ends by force.
func findingUnheardResets(_ configuration: inout Server.Configuration) {
  configuration.timeouts.bodyStall = .seconds(15)
}

/// While hundreds of tests run at once, one may stand still for longer than a connection is kept by default.
func patientConfiguration() -> Client.Configuration {
  var configuration = Client.Configuration()
  configuration.idle = .seconds(600)
  configuration.timeouts.connect = .seconds(120)
  configuration.timeouts.poolWait = .seconds(120)
  configuration.timeouts.head = .seconds(300)
  configuration.timeouts.idleRead = .seconds(300)
  configuration.timeouts.total = .seconds(600)
  return configuration
}

func patientClient() -> Client { Client(patientConfiguration()) }

func clientRoutes() -> Router {
  var router = testRoutes()
  router.get("/status/{code}") { request in .empty(Status(UInt16(request.parameter("code") ?? "") ?? 200)) }
  router.get("/method") { _ in .text("GET") }
  router.get("/query") { request in .text(String(decoding: [UInt8](copying: request.query), as: UTF8.self)) }
  router.get("/secret") { request in .text(request.header("authorization") ?? "none") }
  router.get("/loop") { _ in Response(status: .found, fields: [ResponseField("Location", "/loop")]) }
  for code in [302, 303, 307] as [UInt16] {
    @Sendable func to(_ target: String) -> Response {
      Response(status: Status(code), fields: [ResponseField("Location", target)])
    }
    router.get("/to/\(code)/n/{n}") { request in to("/n/\(request.parameter("n") ?? "")") }
    router.post("/to/\(code)/method") { _ in to("../../method") }
    router.post("/to/\(code)/echo") { _ in to("/echo") }
  }
  router.on(.post, "/stream") { _, body, sender in
    var writer = try sender.start()
    while let chunk = try await body.read() { try await writer.write(chunk) }
    try writer.finish()
  }
  router.on(.post, "/trailers") { _, body, sender in
    var count = 0
    while let chunk = try await body.read() { count += chunk.count }
    var writer = try sender.start()
    try await writer.write("\(count)")
    try writer.finish(trailers: [ResponseField("X-Sum", "\(count)")] + body.trailers)
  }
  router.on(.get, "/slowly") { _, _, sender in
    var writer = try sender.start()
    try await writer.write("drop")
    try await writer.flush()
    try await cancellation()
  }
  router.get("/never") { _ in
    try await cancellation()
    return .empty(204)
  }
  return router
}

/// Waits until the task is cancelled, and throws that it was.
func cancellation() async throws {
  for await _ in AsyncStream(Never.self, { _ in }) {}
  try Task.checkCancellation()
}

import Apus
import ApusTestSupport
import Logging
import Testing

/// A handler in place that does not return has its core, and no signal takes it away.
@Suite struct HeldCoreTests {
  @Test(arguments: [true, false])
  func `a server whose handler does not return ends without its core, when it is told to`(stops: Bool) throws
  {
    let gate = ThreadGate()
    defer { gate.open() }
    var router = Router()
    router.get("/held") { _ in
      gate.pass()
      return .text("at last")
    }
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
    configuration.cores = .count(1)
    configuration.timeouts.drain = .milliseconds(50)
    configuration.stopGrace = .milliseconds(50)
    configuration.drainGrace = .milliseconds(50)
    var logger = Logger(label: "apus-test")
    logger.logLevel = .critical
    let server = try Server(router, configuration: configuration, logger: logger).start()
    let client = try WireClient(port: server.port)
    try client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
    gate.awaitArrivals(1)
    if stops { server.stop() } else { server.drain() }
    #expect(server.wait().wasForced)
  }
}

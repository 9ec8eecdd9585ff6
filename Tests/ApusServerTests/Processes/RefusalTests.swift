import Apus
import Testing

/// A server that cannot start says so, and leaves nothing behind.
@Suite(.timeLimit(.minutes(10))) struct RefusalTests {
  @Test func `a server's name that would break its line is refused`() {
    var configuration = Server.Configuration()
    configuration.port = 0
    configuration.serverName = "us\r\nX-Other: 1"
    #expect(throws: ServerError.self) { try Server(testRoutes(), configuration: configuration).start() }
  }

  @Test(arguments: [1, 2]) func `a core that cannot start ends the start, and gives the port back`(
    _ cores: Int
  ) throws {
    var configuration = Server.Configuration()
    // An address of its own: no other test takes the port meanwhile.
    configuration.host = "127.0.7.\(cores)"
    configuration.port = 0
    configuration.cores = .count(cores)
    let first = try Server(testRoutes(), configuration: configuration).start()
    configuration.port = first.port
    first.drain()
    _ = first.wait()
    var router = testRoutes()
    router.files("/files", StaticFiles(root: "/no/such/directory"))
    #expect(throws: ServerError.self) { try Server(router, configuration: configuration).start() }
    let second = try Server(testRoutes(), configuration: configuration).start()
    second.drain()
    _ = second.wait()
  }
}

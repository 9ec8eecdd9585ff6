import Apus
import Testing

/// Why a server does not start, in words that say where to look.
@Suite struct StartFaultTests {
  private func said(_ router: Router, _ configuration: Server.Configuration) -> String {
    do {
      let running = try Server(router, configuration: configuration).start()
      running.stop()
      _ = running.wait()
      return "it starts"
    } catch { return "\(error)" }
  }

  @Test func `a keep-alive time is not announced that is longer than connections are kept`() {
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
    configuration.announcedKeepAlive = 76
    #expect(
      said(Router(), configuration)
        == "announcedKeepAlive is 76 s, and timeouts.keepAlive no more than 75.0 seconds: clients would ask over connections that are closed"
    )
    configuration.announcedKeepAlive = 75
    #expect(said(Router(), configuration) == "it starts")
  }
}

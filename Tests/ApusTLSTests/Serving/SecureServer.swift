// A server and clients of a test's own that speak TLS over loopback.

import Apus
import ApusEngine
import ApusTLS
import ApusTestSupport
import ApusWire

/// An authority, a certificate for localhost, and whoever else a test needs.
struct TestPKI: Sendable {
  let root = TestCertificate.root()
  let server: TestCertificate
  let client: TestCertificate

  init() {
    server = root.issue("localhost", names: "DNS:localhost,IP:127.0.0.1")
    client = root.issue("ana", names: "email:ana@example.com")
  }

  func serverSettings(_ certificate: TestCertificate? = nil) throws -> TLSServerConfiguration {
    TLSServerConfiguration(certificates: try CertificateSet(certificate ?? server))
  }

  /// For a client that believes the root.
  func clientConfiguration(certificate: TestCertificate? = nil) throws -> Client.Configuration {
    var tls = TLSClientConfiguration(.authorities(try TrustStore(root)))
    tls.certificate = try certificate.map { try CertificateSet($0) }
    var configuration = Client.Configuration()
    configuration.security = .tls(tls)
    configuration.timeouts.total = .seconds(100)
    configuration.timeouts.connect = .seconds(50)
    return configuration
  }

  func client(certificate: TestCertificate? = nil) throws -> Client {
    Client(try clientConfiguration(certificate: certificate))
  }
}

/// Runs `body` against a server with these routes, and drains it.
func withSecureServer<Value: Sendable>(
  _ security: ServerSecurity?, _ router: Router = secureRoutes(),
  _ change: (inout Server.Configuration) -> Void = { _ in },
  _ body: (RunningServer, String) async throws -> Value
) async throws -> (Value, RunSummary) {
  var configuration = Server.Configuration()
  configuration.port = 0
  configuration.cores = .count(1)
  configuration.security = security
  configuration.timeouts.drainIdle = .milliseconds(20)
  change(&configuration)
  let server = try Server(router, configuration: configuration).start()
  let result: Result<Value, any Error>
  let url = "\(security == nil ? "http" : "https")://localhost:\(server.port)"
  do { result = .success(try await body(server, url)) } catch { result = .failure(error) }
  server.drain()
  let summary = await server.ended()
  return (try result.get(), summary)
}

func secureRoutes() -> Router {
  var router = Router()
  router.get("/hello") { _ in .text("Hello, World!") }
  router.get("/scheme") { request in .text(request.scheme) }
  router.get("/security") { request in
    guard let security = request.security else { return .text("none") }
    return .text(
      "\(security.version) \(security.suite) \(security.serverName ?? "-") \(security.isResumed) "
        + (security.client.map { "\($0.subject) \($0.names.joined(separator: ","))" } ?? "nobody"))
  }
  router.post("/echo", collectBytes: 8 << 20) { request in .bytes([UInt8](copying: request.body)) }
  return router
}

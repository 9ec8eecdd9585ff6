// ServedSite: servers for the tests of the commands that ask.

import Apus
import ApusTestSupport
import Glibc
import Testing

/// Runs `body` with the URL of a small site, behind `apus serve`, and its files.
func withSite(_ arguments: [String] = [], _ body: (String, TemporaryTree) throws -> Void) throws {
  let tree = TemporaryTree()
  tree.file("index.html", "hello")
  tree.file("large.bin", String(repeating: "0123456789", count: 300_000))
  let server = try Subprocess.apus(["serve", tree.path, "--port", "0", "--cores", "1"] + arguments)
  let port = try #require(server.announcedPort())
  try body("http://127.0.0.1:\(port)/", tree)
  server.signal(SIGTERM)
  #expect(server.end().code == 0)
}

/// Runs `body` with the URL of these routes, served by this process.
func withRoutes(_ router: Router, _ body: (String) throws -> Void) throws {
  var configuration = Server.Configuration()
  configuration.port = 0
  configuration.cores = .count(1)
  let server = try Server(router, configuration: configuration).start()
  let result = Result { try body("http://127.0.0.1:\(server.port)/") }
  server.drain()
  let summary = server.wait()
  #expect(!summary.wasForced, "\(summary.closes)")
  try result.get()
}

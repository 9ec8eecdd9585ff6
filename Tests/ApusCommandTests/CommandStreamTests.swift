import ApusTestSupport
import Glibc
import Testing

/// `apus` started without some of its standard streams, as by a shell's `>&-` and some supervisors.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandStreamTests {
  private let site = TemporaryTree()

  init() { site.file("index.html", "Hello") }

  private func apus(closing streams: String, _ arguments: String...) throws -> Subprocess {
    try Subprocess(
      ["sh", "-c", "exec \"$@\" \(streams)", "sh", try Subprocess.product("apus")] + arguments,
      isOutputApart: true)
  }

  @Test(arguments: ["2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&- 2>&-"])
  func `text for a closed stream goes to no file or socket`(streams: String) throws {
    site.directory("www")
    site.file("www/index.html", "Hello")
    let process = try apus(
      closing: streams, "serve", site.absolute("www"), "--listen", "unix:\(site.absolute("socket"))",
      "--access-log", site.absolute("log"), "--cores", "1")
    let isThere = eventually { UnixSocket(connectingTo: site.absolute("socket")) != nil }
    try #require(isThere)
    // Opens the log anew, and says so.
    process.signal(SIGHUP)
    let fetch = try Subprocess.apus(["fetch", "--unix-socket", site.absolute("socket"), "http://test/"])
    #expect(fetch.end().output == "Hello")
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    let lines = String(decoding: site.contents("log"), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 1 && lines.allSatisfy { $0.contains("\"GET / HTTP/1.1\" 200 5") }, "\(lines)")
  }

  @Test func `a log that is to go to a standard output that is closed is refused`() throws {
    let process = try apus(closing: ">&-", "serve", site.path, "--port", "0", "--access-log", "-")
    #expect(process.end().code == 78)
    #expect(process.said.contains("standard output is closed"), "\(process.said)")
  }
}

import Apus
import ApusCommand
import ApusTestSupport
import Foundation
import Glibc
import Testing

/// `apus fetch` as a process, against `apus serve`.
@Suite(.serialized) struct FetchEndToEndTests {
  private func withFiles(
    _ arguments: [String] = [], _ body: (String, TemporaryTree) throws -> Void
  ) throws {
    let tree = TemporaryTree()
    tree.file("index.html", "hello")
    tree.file("large.bin", String(repeating: "0123456789", count: 300_000))
    let server = try Subprocess.apus(["serve", tree.path, "--port", "0", "--cores", "1"] + arguments)
    let port = try #require(server.announcedPort())
    try body("http://127.0.0.1:\(port)/", tree)
    server.signal(SIGTERM)
    #expect(server.end().code == 0)
  }

  private func fetch(_ arguments: String...) throws -> (code: Int32, output: String, said: String) {
    let process = try Subprocess.apus(["fetch"] + arguments)
    let (code, output) = process.end()
    return (code, output, process.said)
  }

  @Test func `one request writes its content, with -i its head, with -o to a file`() throws {
    try withFiles { url, tree in
      let plain = try fetch(url)
      #expect(plain.code == 0 && plain.output == "hello" && plain.said == "")
      let head = try fetch("-i", url)
      #expect(head.output.hasPrefix("HTTP/1.1 200 OK\r\n") && head.output.hasSuffix("\r\n\r\nhello"))
      #expect(head.output.contains("Content-Length: 5\r\n"))
      let path = tree.path + "/out"
      let large = try fetch("-o", path, url + "large.bin")
      #expect(large.code == 0 && large.output == "")
      let written = try Data(contentsOf: URL(filePath: path))
      #expect(written.count == 3_000_000 && written.suffix(3) == Data("789".utf8))
    }
  }

  @Test func `method, headers and data are sent`() throws {
    try withFiles { url, _ in
      let post = try fetch("-d", "x=1", "-i", url)
      #expect(post.output.hasPrefix("HTTP/1.1 405"))
      let options = try fetch("-X", "OPTIONS", "-H", "Origin: http://a", "-i", url)
      #expect(options.output.hasPrefix("HTTP/1.1 204"))
      let none = try fetch("--fail", url + "none")
      #expect(none.code == 1 && none.said == "apus: the status was 404\n")
      #expect(try fetch(url + "none").code == 0)
    }
  }

  @Test func `a table shows which connection served which request, and why it was closed`() throws {
    try withFiles { url, _ in
      let table = try fetch("--repeat", "3", url)
      #expect(table.code == 0)
      let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      let rows = lines.filter { $0.count > 5 && $0[1] == "200" }
      #expect(rows.map { $0[0] } == ["1", "2", "3"])
      #expect(Set(rows.map { Array($0)[6] }).count <= 2)
      #expect(table.output.contains("not needed any more"))
      #expect(table.output.contains("3 answers over 1 connections: 66.6% of them came on a used one"))
      let crowd = try fetch(
        "--repeat", "200", "--parallel", "20", "--connections", "5", url, url + "large.bin")
      #expect(crowd.code == 0)
      #expect(crowd.output.contains("400 answers over 5 connections"))
      #expect(crowd.output.contains("... 360 more"))
    }
  }

  @Test func `a server that closes first is named in the table`() throws {
    try withFiles(["--keepalive-timeout", "100ms"]) { url, _ in
      let table = try fetch("--repeat", "2", "--pause", "400ms", url)
      #expect(table.code == 0)
      #expect(table.output.contains("the server closed it"))
      #expect(table.output.contains("2 answers over 2 connections: 0% of them came on a used one"))
    }
  }

  @Test func `what cannot be asked for is told in one line`() throws {
    let port = try #require(TestSocket(listening: ())).port
    let refused = try fetch("http://127.0.0.1:\(port)/")
    #expect(refused.code == 1 && refused.output == "")
    #expect(
      refused.said == "apus: http://127.0.0.1:\(port)/: the connection cannot be opened: Connection refused\n"
    )
    let tls = try fetch("https://127.0.0.1:\(port)/")
    #expect(tls.code == 64 && tls.said.contains("https is not supported yet"))
    let silent = try #require(TestSocket(listening: ()))
    let late = try fetch("--timeout", "200ms", "http://127.0.0.1:\(silent.port)/")
    #expect(late.code == 1 && late.said.split(separator: "\n").count == 1 && late.said.contains("was over"))
    let unwritable = try fetch("-o", "/no/such/folder/file", "http://127.0.0.1:\(silent.port)/")
    #expect(unwritable.code == 78 && unwritable.said.contains("cannot be written"))
    #expect(try fetch("--user", "ana", "http://127.0.0.1:1/").code == 64)
  }

  @Test func `a bar says how far a download is`() {
    #expect(
      ProgressBar.line(512, of: 1024, after: .seconds(1))
        == "[===============               ]  512 B of 1.0 KiB, 512 B/s")
    #expect(ProgressBar.line(2048, of: nil, after: .seconds(2)) == "2.0 KiB, 1.0 KiB/s")
    #expect(ProgressBar.line(1, of: 0, after: .zero).hasPrefix("1 B, "))
  }

  @Test func `an answer in a coding is undone with --compressed, and asked for only then`() throws {
    // "as it was coded", by Python's gzip.
    let coded = [UInt8](try #require(Data(base64Encoded: "H4sIAAAAAAACA0ssVsgsUShPLFZIzk9JTQEAkUbITw8AAAA=")))
    var router = Router()
    router.get("/") { request in
      guard request.header("accept-encoding")?.contains("gzip") == true else { return .text("as it is") }
      let response = Response.bytes(coded)
      return ResponseField(name: "Content-Encoding", value: "gzip").map(response.adding) ?? response
    }
    var configuration = Server.Configuration()
    configuration.port = 0
    configuration.cores = .count(1)
    let server = try Server(router, configuration: configuration).start()
    let url = "http://127.0.0.1:\(server.port)/"
    #expect(try fetch(url).output == "as it is")
    #expect(try fetch("--compressed", url).output == "as it was coded")
    server.drain()
    _ = server.wait()
  }
}

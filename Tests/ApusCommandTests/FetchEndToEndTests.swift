import Apus
import ApusCommand
import ApusTestSupport
import Foundation
import Glibc
import Testing

/// `apus fetch` as a process, against `apus serve`.
@Suite(.serialized) struct FetchEndToEndTests {
  @Test func `one request writes its content, with -i its head, with -o to a file`() throws {
    try withSite { url, tree in
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
    var router = Router()
    @Sendable func seen(_ method: String, _ request: borrowing Request) -> Response {
      let body = String(decoding: [UInt8](copying: request.body), as: UTF8.self)
      return .text("\(method) \(request.header("origin") ?? "nobody") \(body)")
    }
    router.get("/") { request in seen("GET", request) }
    router.post("/") { request in seen("POST", request) }
    router.put("/") { request in seen("PUT", request) }
    try withRoutes(router) { url in
      let get = try fetch("-H", "Origin: http://a", url).output
      let post = try fetch("-d", "x=1", url).output
      let put = try fetch("-X", "PUT", "-H", "Origin: http://a", "-d", "x=1", url).output
      #expect([get, post, put] == ["GET http://a ", "POST nobody x=1", "PUT http://a x=1"])
    }
  }

  @Test func `leave to send the body is asked for where a header says so`() throws {
    var router = Router()
    router.post("/") { request in .text("\(request.header("expect") ?? "at once") \(request.bodyText)") }
    try withRoutes(router) { url in
      #expect(try fetch("-d", "x=1", url).output == "at once x=1")
      #expect(try fetch("-d", "x=1", "-H", "expect: 100-Continue", url).output == "100-continue x=1")
      let refused = try fetch("-d", "x=1", "-H", "Expect: more", url)
      #expect(refused.code == 64 && refused.said.contains("only 100-continue can be expected"))
    }
  }

  @Test func `an error status is a response, and a failure with --fail`() throws {
    try withSite { url, _ in
      let plain = try fetch("-i", url + "none")
      #expect(plain.code == 0 && plain.output.hasPrefix("HTTP/1.1 404"))
      let failing = try fetch("--fail", url + "none")
      #expect(failing.code == 1 && failing.said == "apus: \(url)none: the status was 404\n")
      #expect(try fetch("--fail", url).code == 0)
    }
  }

  @Test func `a table shows which connection served which request, and why it was closed`() throws {
    try withSite { url, _ in
      let table = try fetch("--repeat", "3", url)
      #expect(table.code == 0)
      let lines = table.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      let rows = lines.filter { $0.count > 5 && $0[1] == "200" }
      #expect(rows.map { $0[0] } == ["1", "2", "3"])
      try #require(rows.allSatisfy { $0.count > 6 })
      #expect(Set(rows.map { $0[6] }).count <= 2)
      #expect(table.output.contains("not needed any more"))
      #expect(table.output.contains("3 responses over 1 connections: 66.6% of them came on a used one"))
      let crowd = try fetch(
        "--repeat", "200", "--parallel", "20", "--connections", "5", url, url + "large.bin")
      #expect(crowd.code == 0)
      #expect(crowd.output.contains("400 responses over 5 connections"))
      #expect(crowd.output.contains("... 360 more"))
    }
  }

  @Test func `a server that closes first is named in the table`() throws {
    try withSite(["--keepalive-timeout", "100ms"]) { url, _ in
      let table = try fetch("--repeat", "2", "--pause", "2s", url)
      #expect(table.code == 0)
      #expect(table.output.contains("the server closed it"))
      #expect(table.output.contains("2 responses over 2 connections: 0% of them came on a used one"))
    }
  }

  @Test func `a URL that cannot be requested is reported in one line`() throws {
    let refusing = LoopbackSocket.refusing()
    let port = refusing.port
    let refused = try fetch("http://127.0.0.1:\(port)/")
    #expect(refused.code == 1 && refused.output == "")
    #expect(
      refused.said == "apus: http://127.0.0.1:\(port)/: the connection cannot be opened: Connection refused\n"
    )
    let tls = try fetch("-k", "https://127.0.0.1:\(port)/")
    #expect(tls.code == 1 && tls.said.hasSuffix("the connection cannot be opened: Connection refused\n"))
    #expect(tls.said.hasPrefix("apus: warning: with --insecure"))
    let silent = LoopbackSocket.listening()
    let late = try fetch("--timeout", "200ms", "http://127.0.0.1:\(silent.port)/")
    #expect(late.code == 1 && late.said.split(separator: "\n").count == 1 && late.said.contains("was over"))
    #expect(try fetch("--user", "ana", "http://127.0.0.1:1/").code == 64)
  }

  @Test func `a coded response is decoded with --compressed, and codings are offered only then`() throws {
    // "as it was coded", by Python's gzip.
    let coded = [UInt8](try #require(Data(base64Encoded: "H4sIAAAAAAACA0ssVsgsUShPLFZIzk9JTQEAkUbITw8AAAA=")))
    var router = Router()
    router.get("/") { request in
      guard request.header("accept-encoding")?.contains("gzip") == true else { return .text("as it is") }
      let response = Response.bytes(coded)
      return ResponseField(name: "Content-Encoding", value: "gzip").map(response.adding) ?? response
    }
    try withRoutes(router) { url in
      let plain = try fetch(url).output
      let compressed = try fetch("--compressed", url).output
      #expect(plain == "as it is" && compressed == "as it was coded")
    }
  }
}

import Apus
import ApusTestSupport
import Foundation
import Testing

/// Where `apus fetch` writes, when, and what it says where it cannot.
@Suite(.serialized) struct FetchOutputTests {
  private func withFile(_ body: (String) throws -> Void) throws {
    let tree = TemporaryTree()
    tree.file("out", "before")
    try body(tree.path + "/out")
  }

  private func content(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  private var router: Router {
    var router = Router()
    router.get("/") { _ in .text("hello") }
    router.get("/tls") { _ in
      Response(status: .movedPermanently, fields: [ResponseField("Location", "https://127.0.0.1:1/")])
    }
    router.get("/empty") { _ in .empty(.ok) }
    router.get("/same") { _ in .empty(.notModified) }
    router.get("/moved") { _ in
      Response(status: .found, fields: [ResponseField("Location", "/")], body: .text("moved"))
    }
    router.get("/away") { _ in
      Response(
        status: .found, fields: [ResponseField("Location", "https://ana:secret@h/x")], body: .text("away"))
    }
    return router
  }

  @Test func `a file stays as it is until a response comes that is to be written`() throws {
    try withFile { path in
      let refusing = LoopbackSocket.refusing()
      #expect(try fetch("-o", path, "http://127.0.0.1:\(refusing.port)/").code == 1)
      #expect(content(path) == "before")
      try withRoutes(router) { (url: String) throws in
        #expect(try fetch("--fail", "-o", path, url + "none").code == 1)
        #expect(try fetch("-f", "-i", "-o", path, url + "none").code == 1)
        #expect(try fetch("-o", path, url + "away").code == 1)
      }
      #expect(content(path) == "before")
      try withAnswer(Array("nonsense\r\n\r\n".utf8)) { (url: String) throws in
        #expect(try fetch("-o", path, url).code == 1)
      }
      #expect(content(path) == "before")
    }
  }

  @Test func `a file has the content of the last response, nothing if that was empty`() throws {
    try withFile { path in
      try withRoutes(router) { (url: String) throws in
        #expect(try fetch("-o", path, url + "moved").code == 0 && content(path) == "hello")
        #expect(try fetch("-o", path, url + "none").code == 0 && content(path)?.hasPrefix("404") == true)
        #expect(try fetch("-o", path, url + "empty").code == 0 && content(path) == "")
        #expect(try fetch("-i", "-o", path, url).code == 0)
        #expect(
          content(path)?.hasPrefix("HTTP/1.1 200 OK\r\n") == true
            && content(path)?.hasSuffix("\r\n\r\nhello") == true)
      }
    }
  }

  @Test func `a file stays as it is after 304`() throws {
    try withFile { path in
      try withRoutes(router) { (url: String) throws in
        #expect(try fetch("-o", path, url + "same").code == 0 && content(path) == "before")
        #expect(try fetch(url + "same").code == 0)
        #expect(try fetch("-i", "-o", path, url + "same").code == 0)
        #expect(content(path)?.hasPrefix("HTTP/1.1 304 ") == true)
      }
    }
  }

  @Test func `a dash is standard output, and -O a file that is named as the url ends`() throws {
    let tree = TemporaryTree()
    try withRoutes(router) { (url: String) throws in
      #expect(try fetch("-o", "-", url).output == "hello")
      let line = "cd '\(tree.path)' && apus fetch -O '\(url)moved?a=/b' && apus fetch -O '\(url)'"
      let named = try shell(line)
      #expect(named.code == 64 && named.said.contains("no file name"))
      #expect(content(tree.path + "/moved") == "hello")
      #expect(try fetch("-O", "-o", "x", url + "moved").code == 64)
    }
  }

  @Test func `a file that cannot be written is reported in the system's words, in one line`() throws {
    try withRoutes(router) { (url: String) throws in
      for (arguments, why) in [
        (["-o", "/tmp"], "/tmp cannot be written: Is a directory"),
        (
          ["-o", "/no/such/folder/file"], "/no/such/folder/file cannot be written: No such file or directory"
        ),
        (["-o", "/dev/full"], "/dev/full cannot be written: No space left on device"),
      ] {
        let process = try Subprocess.apus(["fetch", url] + arguments)
        #expect(process.end().code == 78 && process.said == "apus: \(why)\n")
      }
      for line in [
        "apus fetch \(url)", "apus fetch --repeat 2 \(url)", "apus fetch -w %{http_code} \(url)empty",
      ] {
        let full = try shell(line + " >/dev/full")
        #expect(full.code == 78, "\(line)")
        #expect(full.said == "apus: standard output cannot be written: No space left on device\n")
      }
    }
  }

  @Test func `a closed standard stream is reported, and no other file gets its number`() throws {
    try withFile { path in
      try withRoutes(router) { (url: String) throws in
        let output = try shell("apus fetch \(url) >&-")
        #expect(output.code == 78)
        #expect(output.said == "apus: standard output cannot be written: Bad file descriptor\n")
        let input = try shell("apus fetch -d @- \(url) <&-")
        #expect(input.code == 78)
        #expect(input.said == "apus: the body cannot be read from standard input: Bad file descriptor\n")
        let silent = try shell("apus fetch -v -o '\(path)' \(url) <&- >&- 2>&-")
        #expect(silent.code == 0 && content(path) == "hello")
        #expect(try shell("apus fetch \(url)none --fail <&- >&- 2>&-").code == 1)
      }
    }
  }

  @Test(arguments: ["--help", "--version", "--help-hidden", "--generate-completion-script bash"])
  func `help that cannot be written was not given`(flag: String) throws {
    let full = try shell("apus fetch \(flag) >/dev/full")
    #expect(full.code == 78)
    #expect(full.said == "apus: standard output cannot be written: No space left on device\n")
    #expect(try shell("apus fetch \(flag)").code == 0)
  }

  @Test func `a reader that has closed the output is no error to report, and no success`() throws {
    try withSite { url, _ in
      let cut = try shell("{ apus fetch \(url)large.bin; echo $? >&2; } | head -c 10")
      #expect(cut.output == "0123456789" && cut.said == "141\n")
    }
  }

  @Test func `a redirect that cannot be followed is an error, unless none is to be followed`() throws {
    try withRoutes(router) { (url: String) throws in
      let away = try fetch(url + "away")
      #expect(away.code == 1 && away.output == "")
      #expect(
        away.said
          == "apus: \(url)away: the redirect to https://***@h/x cannot be followed: user names and passwords do not belong in URLs\n"
      )
      let tls = try fetch(url + "tls")
      #expect(
        tls.code == 1
          && tls.said.hasSuffix("the connection cannot be opened: Connection refused\n"))
      let shown = try fetch("--redirects", "0", url + "away")
      #expect(shown.code == 0 && shown.output == "away" && shown.said == "")
      let table = try fetch("--repeat", "2", url + "away")
      #expect(
        table.code == 1 && table.output.contains("cannot be followed") && !table.output.contains("secret"))
    }
  }

  @Test func `a head is shown as it came, with a status and bytes that are no text`() throws {
    let head =
      Array("HTTP/1.1 999 Denied \u{E9}\r\nX-Name: caf".utf8) + [0xE9]
      + Array("\r\nContent-Length: 2\r\n\r\n".utf8)
    try withAnswer(head + Array("no".utf8)) { (url: String) throws in
      let tree = TemporaryTree()
      #expect(try fetch("-i", "-o", tree.path + "/out", url).code == 0)
      #expect(try [UInt8](Data(contentsOf: URL(filePath: tree.path + "/out"))) == head + Array("no".utf8))
    }
    try withAnswer(head + Array("no".utf8)) { (url: String) throws in
      let failing = try fetch("--fail", url)
      #expect(
        failing.code == 1 && failing.output == "" && failing.said == "apus: \(url): the status was 999\n")
    }
    try withAnswer(Array("HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 0\r\n\r\n".utf8)) {
      (url: String) throws in
      #expect(try fetch("-i", url).output == "HTTP/1.1 200 OK\r\nX: a b\r\nContent-Length: 0\r\n\r\n")
    }
    try withAnswer(Array("HTTP/1.1 099 OK\r\n\r\n".utf8)) { (url: String) throws in
      let refused = try fetch(url)
      #expect(refused.code == 1)
      #expect(
        refused.said == "apus: \(url): what came is no HTTP response: the status code is not in 100 to 999\n")
    }
  }
}

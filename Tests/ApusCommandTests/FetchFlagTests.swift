import Apus
import ApusCommand
import ApusTestSupport
import Testing

/// Flags of `apus fetch` that people know from curl.
@Suite(.serialized) struct FetchFlagTests {
  private var router: Router {
    var router = Router()
    router.get("/") { _ in .text("hello") }
    router.get("/moved") { _ in Response(status: .found, fields: [ResponseField("Location", "/")]) }
    router.post("/") { request in
      let body = String(decoding: [UInt8](copying: request.body), as: UTF8.self)
      return .text("\(request.header("content-type") ?? "none") \(body)")
    }
    return router
  }

  @Test func `-I asks with HEAD and shows the head`() throws {
    try withRoutes(router) { (url: String) throws in
      for flags in ["-I", "-sI", "-Ii", "-fLI"] {
        let head = try fetch(flags, url)
        #expect(head.code == 0 && head.said == "", "\(flags)")
        #expect(head.output.hasPrefix("HTTP/1.1 200 OK\r\n") && head.output.hasSuffix("\r\n\r\n"))
        #expect(head.output.contains("Content-Length: 5\r\n"))
      }
    }
  }

  @Test func `-v shows heads and connections on standard error, but no secret`() throws {
    try withRoutes(router) { (url: String) throws in
      let seen = try fetch("-v", "-u", "ana:secret", "-d", "x=1", url)
      #expect(seen.output == "application/x-www-form-urlencoded x=1")
      #expect(
        seen.said.contains("> POST / HTTP/1.1\n> Host: ") && seen.said.contains("\n< HTTP/1.1 200 OK\n"))
      #expect(seen.said.contains("> Authorization: Basic (not shown)\n") && !seen.said.contains("x=1"))
      #expect(seen.said.hasPrefix("* connected in "))
      let moved = try fetch("-v", url + "moved")
      #expect(
        moved.said.contains("< HTTP/1.1 302 Found\n") && moved.said.contains("* redirected to \(url)\n"))
      #expect(moved.output == "hello")
    }
  }

  @Test func `-s says nothing of an error, -sS does`() throws {
    let refusing = LoopbackSocket.refusing()
    let url = "http://127.0.0.1:\(refusing.port)/"
    let silent = try fetch("-s", url)
    let told = try fetch("-sS", url)
    #expect(silent.code == 1 && silent.said == "")
    #expect(told.code == 1 && told.said.hasSuffix("Connection refused\n"))
  }

  @Test func `data comes from standard input, from files and from several options, as it is`() throws {
    try withRoutes(router) { (url: String) throws in
      let tree = TemporaryTree()
      tree.file("body", "a\nb")
      let form = "application/x-www-form-urlencoded"
      #expect(try shell("printf 'x\\ny\\n' | apus fetch -d @- \(url)").output == "\(form) x\ny\n")
      #expect(try fetch("--data-binary", "@" + tree.path + "/body", url).output == "\(form) a\nb")
      #expect(try fetch("-d", "a=1", "--data", "b=2", url).output == "\(form) a=1&b=2")
      #expect(
        try fetch("-d", "{}", "-H", "content-type: application/json", url).output == "application/json {}")
      let missing = try fetch("-d", "@/no/such/file", url)
      #expect(missing.code == 78)
      #expect(missing.said == "apus: the body cannot be read from /no/such/file: No such file or directory\n")
    }
  }

  @Test func `-w writes what is known of the answer behind it`() throws {
    try withRoutes(router) { (url: String) throws in
      let format =
        "\\n%{http_code} %{size_download} %{num_redirects} %{content_type} %{url_effective} 100%%\\n"
      let shown = try fetch("-w", format, url + "moved")
      #expect(shown.output == "hello\n200 5 1 text/plain; charset=utf-8 \(url) 100%\n")
      let refusing = LoopbackSocket.refusing()
      let failed = try fetch("-s", "-w", "%{http_code}", "http://127.0.0.1:\(refusing.port)/")
      #expect(failed.code == 1 && failed.output == "000")
      let unknown = try fetch("-w", "%{nonsense}", url)
      #expect(unknown.code == 64 && unknown.said.contains("%{nonsense} is not known"))
    }
  }

  @Test(arguments: ["http://ana:secret@127.0.0.1:1/", "ana:secret@127.0.0.1:1", "https://ana:se/cret@h/"])
  func `a password in a url is never shown`(url: String) throws {
    for arguments in [["fetch"], ["fetch", "--repeat", "2"], ["bench"]] {
      let process = try Subprocess.apus(arguments + [url])
      let (code, output) = process.end()
      #expect(code == 64 && output == "")
      #expect(process.said.contains("***@") && process.said.contains("cannot be asked for"))
      #expect(!process.said.contains("cret"))
    }
  }

  @Test func `a name and a password do not follow a redirect to another host`() throws {
    var other = Router()
    other.get("/") { request in .text(request.header("authorization") ?? "nobody") }
    try withRoutes(other) { (url: String) throws in
      let target = url
      var router = Router()
      router.get("/") { _ in Response(status: .found, fields: [ResponseField("Location", target)]) }
      router.get("/same") { _ in Response(status: .found, fields: [ResponseField("Location", "/seen")]) }
      router.get("/seen") { request in .text(request.header("authorization") ?? "nobody") }
      try withRoutes(router) { (url: String) throws in
        #expect(try fetch("-u", "a:b", url).output == "nobody")
        #expect(try fetch("-u", "a:b", url + "same").output == "Basic YTpi")
      }
    }
  }
}

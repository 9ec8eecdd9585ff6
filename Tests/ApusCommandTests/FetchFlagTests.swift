import Apus
import ApusCommand
import ApusTestSupport
import ArgumentParser
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

  @Test func `-v shows bytes that are no text as they came`() throws {
    let head =
      Array("HTTP/1.1 200 OK\r\nX-Name: caf".utf8) + [0xE9] + Array("\r\nContent-Length: 0\r\n\r\n".utf8)
    try withAnswer(head) { (url: String) throws in
      let seen = try shell("apus fetch -v \(url) 2>&1 | od -An -tx1 | tr -d ' \\n'")
      #expect(seen.output.contains("636166e90a3c20"))
    }
  }

  @Test func `a value may stand right behind a short option, as curl has it`() throws {
    try withRoutes(router) { (url: String) throws in
      let form = "application/x-www-form-urlencoded"
      #expect(try fetch("-XPOST", "-dx=1", url).output == "\(form) x=1")
      #expect(try fetch("-Hcontent-type: a/b", "-sd1", url).output == "a/b 1")
      #expect(try fetch("-uana:secret", "-m5", "-w%{http_code}", "-o/dev/null", url).output == "200")
    }
  }

  @Test func `-m is the most time that a request may take, in seconds or with a unit`() throws {
    for (text, duration) in [
      ("5", Duration.seconds(5)), ("0.5", .milliseconds(500)), ("250ms", .milliseconds(250)),
      ("1m", .seconds(60)),
    ] {
      for flag in ["-m", "--max-time", "--timeout"] {
        #expect(try FetchCommand.parse([flag, text, "http://a/"]).timeout.duration == duration)
      }
    }
    for wrong in ["0", "x", "-1", "1e3", "5 s"] {
      #expect(refusal(FetchCommand.self, ["-m", wrong, "http://a/"]) != nil)
    }
  }

  @Test func `a request has all the time that --timeout gives it, and the error names that time`() throws {
    let command = try FetchCommand.parse(["-m", "120", "http://a/"])
    let timeouts = command.timeouts
    #expect(
      timeouts.head == .seconds(120) && timeouts.idleRead == .seconds(120) && timeouts.total == .seconds(120))
    let silent = LoopbackSocket.listening()
    let url = "http://127.0.0.1:\(silent.port)/"
    let late = try fetch("-m", "0.2", url)
    #expect(late.code == 1)
    #expect(
      late.said == "apus: \(url): the time for the whole request was over: 200 ms, which --timeout sets\n")
  }

  @Test func `a header without a value leaves out one that is sent by itself, one with a semicolon is empty`()
    throws
  {
    var router = Router()
    router.on(.post, "/") { request in
      .text(
        ["user-agent", "content-type", "expect", "x-empty"].map { request.header($0) ?? "none" }.joined(
          separator: ","))
    }
    try withRoutes(router) { (url: String) throws in
      let bare = try fetch(
        "-d", "x", "-H", "User-Agent:", "-H", "content-type:", "-H", "Expect:", "-H", "X-Empty:", url)
      #expect(bare.output == "none,none,none,none")
      #expect(
        try fetch("-d", "x", "-H", "User-Agent: a", "-H", "X-Empty;", url).output.hasPrefix("a,application/"))
      #expect(try fetch("-d", "x", "-H", "X-Empty;", url).output.hasSuffix(",none,"))
      #expect(try fetch("-H", "Host:", url).said.contains("no request may go without Host"))
    }
  }

  @Test func `the error of a failed redirect names the url that failed`() throws {
    let refusing = LoopbackSocket.refusing()
    let target = "http://127.0.0.1:\(refusing.port)/there"
    var router = Router()
    router.get("/") { _ in Response(status: .found, fields: [ResponseField("Location", target)]) }
    for (from, to) in [("/a", "/b"), ("/b", "/c"), ("/c", "/a")] {
      router.get(from) { _ in Response(status: .found, fields: [ResponseField("Location", to)]) }
    }
    try withRoutes(router) { (url: String) throws in
      let failed = try fetch("-w", "%{url_effective}", url)
      #expect(failed.code == 1 && failed.output == target)
      #expect(failed.said == "apus: \(target): the connection cannot be opened: Connection refused\n")
      let loop = try fetch("--redirects", "2", url + "a")
      #expect(loop.said == "apus: \(url)c: there are more redirects than allowed\n")
    }
  }

  @Test func `errors name a socket's path, an empty name and missing slashes`() throws {
    let socket = try fetch("--unix-socket", "/no/socket", "http://a/")
    #expect(
      socket.said
        == "apus: http://a/: through the socket /no/socket: the connection cannot be opened: No such file or directory\n"
    )
    #expect(
      refusal(FetchCommand.self, ["--unix-socket", "", "http://a/"])?.contains(
        "cannot be the path of a unix socket")
        == true)
    #expect(refusal(FetchCommand.self, [""])?.contains("name a url") == true)
    #expect(refusal(FetchCommand.self, ["-o", "", "http://a/"])?.contains("the name of a file") == true)
    #expect(
      try fetch("-d", "@", "http://a/").said
        == "apus: @ needs a file's name behind it, or - for standard input\n")
    let slash = try fetch("http:/127.0.0.1/")
    #expect(
      slash.code == 64
        && slash.said
          == "apus: http:/127.0.0.1/ cannot be asked for: behind its scheme // and a host are missing\n"
    )
  }

  @Test func `a low limit of open files is enough for a request`() throws {
    try withRoutes(router) { (url: String) throws in
      let few = try shell("ulimit -n 32 && apus fetch \(url)")
      #expect(few.code == 0 && few.output == "hello" && few.said == "")
    }
  }

  @Test func `a body without end is refused, not read until memory is`() throws {
    let endless = try fetch("-d", "@/dev/zero", "http://127.0.0.1:1/")
    #expect(endless.code == 78)
    #expect(endless.said == "apus: the body from /dev/zero is longer than 1.0 GiB\n")
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

  @Test func `-w writes the facts of a response after it`() throws {
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

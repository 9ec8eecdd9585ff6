import ApusTestSupport
import Glibc
import Testing

/// The built command: what it says, what it ends with. Each test waits for what the
/// process does, never for time.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandEndToEndTests {
  private func run(_ arguments: String...) throws -> (code: Int32, output: String, said: String) {
    let process = try Subprocess.apus(arguments)
    let end = process.end()
    return (end.code, end.output, process.said)
  }

  /// A site with an index, and a place for what the command writes; both live as long as the test.
  private let site = TemporaryTree()
  private let place = TemporaryTree()

  init() { site.file("index.html", "Hello") }

  @Test func `help and version are answered with 0`() throws {
    let version = try run("--version")
    #expect(version.code == 0)
    #expect(version.output.split(separator: ".").count == 3)
    let help = try run("serve", "--help")
    #expect(help.code == 0)
    for option in [
      "--port", "--host", "--cores", "--keepalive-timeout", "--drain-timeout", "--index", "--header",
      "--header-always",
      "--hidden", "--access-log", "--log-format",
    ] {
      #expect(help.output.contains(option))
    }
  }

  @Test(arguments: [">/dev/full", ">&-"])
  func `output that was asked for and cannot be written is an error with a sentence`(output: String) throws {
    try withSite { url, _ in
      for command in [
        "--help", "--version", "serve --help", "--generate-completion-script bash", "fetch \(url)",
        "bench \(url) -c 1 -d 100ms --json -",
      ] {
        let run = try shellLine("\(command) \(output)")
        #expect(run.code == 78, "\(command)")
        #expect(run.said.contains("standard output cannot be written"), "\(command): \(run.said)")
      }
    }
  }

  @Test func `without any standard stream a response goes to the named file only`() throws {
    try withSite { url, _ in
      let path = place.absolute("answer")
      let run = try shellLine("fetch -o '\(path)' \(url) <&- >&- 2>&-")
      #expect(run.code == 0)
      #expect(place.contents("answer") == Array("hello".utf8))
    }
  }

  private func shellLine(_ line: String) throws -> (code: Int32, said: String) {
    let process = try Subprocess(
      ["sh", "-c", "'\(try Subprocess.product("apus"))' \(line)"], isOutputApart: true)
    let code = process.end().code
    return (code, process.said)
  }

  @Test func `wrong usage ends with 64`() throws {
    #expect(try run("serve", "--no-such-option").code == 64)
    #expect(try run("serve", "--port", "many").code == 64)
    #expect(try run("sevre").code == 64)
  }

  @Test func `a directory that is not there, or is none, ends with 78 and one sentence`() throws {
    for (path, word) in [
      (site.absolute("nowhere"), "no directory"), (site.absolute("index.html"), "not a directory"),
    ] {
      let end = try run("serve", path, "--port", "0")
      #expect(end.code == 78)
      #expect(end.said.contains(path) && end.said.contains(word), "\(end.said)")
      #expect(end.said.split(separator: "\n").count == 1)
    }
  }

  @Test func `a taken port ends with 69 and names it`() throws {
    let holder = LoopbackSocket.listening()
    let end = try run("serve", site.path, "--port", "\(holder.port)", "--cores", "1")
    #expect(end.code == 69)
    #expect(end.said.contains("\(holder.port)"))
    #expect(end.said.split(separator: "\n").count == 1)
  }

  @Test(.enabled(if: geteuid() != 0, "root may take any port")) func `a privileged port ends with 77`() throws
  {
    #expect(try run("serve", site.path, "--port", "1").code == 77)
  }

  @Test func `an address of another machine ends with 78`() throws {
    let end = try run("serve", site.path, "--port", "0", "--host", "192.0.2.1")
    #expect(end.code == 78)
    #expect(end.said.contains("192.0.2.1"))
  }

  @Test func `an access log that cannot be had ends with 78`() throws {
    let end = try run("serve", site.path, "--port", "0", "--access-log", site.absolute("no/such/log"))
    #expect(end.code == 78)
    #expect(end.said.contains("no/such/log") && end.said.contains("--access-log"))
  }

  @Test func `the command does not wait for a log without a reader`() throws {
    place.fifo("log")
    let end = try run("serve", site.path, "--port", "0", "--access-log", place.absolute("log"))
    #expect(end.code == 78)
    #expect(end.said.contains(place.absolute("log")) && end.said.contains("reader"), "\(end.said)")
  }

  @Test func `a log that cannot be opened is reported in the system's words`() throws {
    let end = try run("serve", site.path, "--port", "0", "--access-log", place.path)
    #expect(end.code == 78)
    #expect(end.said.contains("Is a directory"), "\(end.said)")
  }

  @Test func `an empty name and a missing file have different errors`() throws {
    let directory = try run("serve", "", "--port", "0")
    #expect(directory.code == 64)
    #expect(directory.said.contains("empty name"))
    let log = try run("serve", site.path, "--port", "0", "--access-log", "")
    #expect(log.code == 64)
    #expect(log.said.contains("needs the name of a file"))
  }

  @Test(.disabled(if: Sanitizer.isAddress, "AddressSanitizer itself needs more than four descriptors"))
  func `too few descriptors are reported, with what to do about it`() throws {
    let apus = try Subprocess.product("apus")
    let end = try Subprocess.run([
      "sh", "-c", "ulimit -n 4; exec \"$@\"", "sh", apus, "serve", site.path, "--port", "0",
    ])
    #expect(end.code == 78)
    #expect(end.output.contains("ulimit -n"), "\(end.output)")
  }

  @Test func `it serves, logs, and ends with 0 on SIGTERM`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--header", "X-Test: yes", "--access-log",
      place.absolute("access.log"), "--log-format", "common",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    let answer = client.receive(until: "Hello")
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(answer.contains("X-Test: yes\r\n"))
    _ = client.receive(until: "never")  // to the end of the connection
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(process.said.contains("requests=1"))
    let line = String(decoding: place.contents("access.log"), as: UTF8.self)
    #expect(line.hasPrefix("127.0.0.1 - - ["))
    #expect(line.hasSuffix("\"GET / HTTP/1.1\" 200 5\n"))
  }

  @Test func `a link that leads elsewhere is served a second later, and a missing one is reported once`()
    throws
  {
    for version in ["v1", "v2"] {
      place.directory(version)
      place.file("\(version)/index.html", "site \(version)")
    }
    place.link("current", to: "v1")
    // Relative to the working directory, as people type it.
    let process = try Subprocess(
      ["-C", place.path, try Subprocess.product("apus"), "serve", "current", "--port", "0"],
      isOutputApart: true)
    let port = try #require(process.announcedPort())
    /// Asks on new connections, so that every core is asked, until all say the same a few times in a row.
    func settles(on expected: String) -> Bool {
      var row = 0
      return eventually {
        guard let client = LoopbackSocket(connectingTo: port) else { return false }
        client.send("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        row = client.receive(until: "never").contains(expected) ? row + 1 : 0
        return row == 16
      }
    }
    #expect(settles(on: "site v1"))
    place.link("next", to: "v2")
    place.rename("next", to: "current")
    #expect(settles(on: "site v2"))
    place.remove("current")
    #expect(settles(on: "404"))
    place.link("current", to: "v1")
    #expect(settles(on: "site v1"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(process.said.ranges(of: "cannot be opened").count == 1, "\(process.said)")
    #expect(process.said.ranges(of: "is there again").count == 1, "\(process.said)")
  }

  @Test func `the keep-alive time-out that is asked for is the one that holds`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--keepalive-timeout", "500ms",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    let start = ContinuousClock.now
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    _ = client.receive(until: "Hello")
    _ = client.receive(until: "never")  // to the end of the connection
    // The default is 75 seconds.
    let elapsed = ContinuousClock.now - start
    #expect(elapsed > .milliseconds(490) && elapsed < .seconds(40), "\(elapsed)")
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  @Test(
    arguments: [
      ([], "Keep-Alive: timeout=70\r\n"), (["--announce-keepalive", "30s"], "Keep-Alive: timeout=30\r\n"),
      (["--announce-keepalive", "off"], nil), (["--keepalive-timeout", "1s"], nil),
    ] as [([String], String?)])
  func `the announced time-out is in the responses`(arguments: [String], line: String?) throws {
    let process = try Subprocess.apus(["serve", site.path, "--port", "0", "--cores", "1"] + arguments)
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    let kept = client.receive(until: "Hello")
    #expect(line.map(kept.contains) ?? !kept.contains("Keep-Alive:"), "\(kept)")
    // An answer that ends its connection tells of no time: HTTP/1.0 without a wish, and one with.
    for request in ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"] {
      let client = try #require(LoopbackSocket(connectingTo: port))
      client.send(request)
      let last = client.receive(until: "Hello")
      #expect(last.contains("Connection: close\r\n") && !last.contains("Keep-Alive:"), "\(last)")
    }
    let old = try #require(LoopbackSocket(connectingTo: port))
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let answer = old.receive(until: "Hello")
    #expect(answer.contains("Connection: keep-alive\r\n"))
    #expect(line.map(answer.contains) ?? !answer.contains("Keep-Alive:"), "\(answer)")
    // Nor does one of a server that drains.
    client.send("GET / HTTP/1.1\r\n")
    process.signal(SIGTERM)
    try #require(eventually { LoopbackSocket(connectingTo: port) == nil }, "the drain does not begin")
    client.send("Host: test\r\n\r\n")
    let drained = client.receive(until: "Hello")
    #expect(drained.contains("Connection: close\r\n") && !drained.contains("Keep-Alive:"), "\(drained)")
    #expect(process.end().code == 0)
  }

  @Test func `with a time-out of 0 each response ends its connection`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--keepalive-timeout", "0",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    let answer = client.receive(until: "Hello")
    #expect(answer.contains("Connection: close\r\n") && !answer.contains("Keep-Alive:"))
    #expect(process.said.contains("keep-alive=off"), "\(process.said)")
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
  }

  @Test func `a second signal ends at once, with 2`() throws {
    let process = try Subprocess.apus(["serve", site.path, "--port", "0", "--cores", "1"])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    // A whole exchange, so that the connection is certainly accepted, then half a request.
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGTERM)
    // The listener goes as the drain begins: from then on the second signal is a second one.
    try #require(eventually { LoopbackSocket(connectingTo: port) == nil }, "the drain does not begin")
    process.signal(SIGTERM)
    #expect(process.end().code == 2)
  }

  @Test func `the drain time-out ends it, with 2`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--drain-timeout", "50ms",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\nGET / HTTP/1.1\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 2)
  }
}

import ApusTestSupport
import Glibc
import Testing

/// The built command's access log, while its file is moved away, is full, or is standard output.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CommandLogTests {
  /// A site with an index, and a place for the log; both live as long as the test.
  private let site = TemporaryTree()
  private let place = TemporaryTree()

  init() { site.file("index.html", "Hello") }

  @Test func `an access log on a full disk is warned of once, and its lost lines are counted`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--access-log", "/dev/full",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    for number in 0..<3 {
      client.send("GET /?\(number) HTTP/1.1\r\nHost: test\r\n\r\n")
      try #require(client.receive(until: "Hello").hasSuffix("Hello"))
      if number == 0 { #expect(process.listen(for: "loses lines", times: 1)) }
    }
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(process.said.split(separator: "loses lines", omittingEmptySubsequences: false).count == 2)
    #expect(process.said.contains("No space left on device"))
    #expect(process.said.contains("lost-log-lines=3"), "\(process.said)")
  }

  @Test func `SIGHUP opens the access log anew, and no line is lost`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--access-log", place.absolute("log"),
      "--log-format",
      "common",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    // More than the core's two buffers hold.
    let numbers = (0..<3).map { round in (0..<2500).map { round * 10_000 + $0 } }
    for (round, numbers) in numbers.enumerated() {
      for number in numbers {
        client.send("GET /?\(number) HTTP/1.1\r\nHost: test\r\n\r\n")
        try #require(client.receive(until: "Hello").hasSuffix("Hello"))
      }
      #expect(rename(place.absolute("log"), place.absolute("log.\(round)")) == 0)
      process.signal(SIGHUP)
      let isOpenAnew = process.listen(for: "opened anew", times: round + 1)
      try #require(isOpenAnew)
    }
    client.send("GET /?1 HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    let files = ["log.0", "log.1", "log.2", "log"].map { name in
      String(decoding: place.contents(name), as: UTF8.self).split(separator: "\n").map { line in
        line.firstMatch(of: /"GET \/\?(\d+) HTTP\/1.1" 200 5$/).flatMap { Int($0.1) }
      }
    }
    // Each line once, whole, in its order.
    expectSame(files.flatMap(\.self), numbers.flatMap(\.self) + [1])
    #expect(files.allSatisfy { !$0.isEmpty } && files[3].last == 1)
  }

  @Test func `a log that cannot be opened anew is written to the old file`() throws {
    place.directory("logs")
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--access-log", place.absolute("logs/log"),
    ])
    let port = try #require(process.announcedPort())
    #expect(rename(place.absolute("logs"), place.absolute("away")) == 0)
    process.signal(SIGHUP)
    let isTold = process.listen(for: "its directory does not exist")
    try #require(isTold)
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(client.receive(until: "Hello").contains("Hello"))
    process.signal(SIGTERM)
    #expect(process.end().code == 0)
    #expect(String(decoding: place.contents("away/log"), as: UTF8.self).contains("\"GET / HTTP/1.1\" 200 5"))
  }

  @Test func `the access log can be standard output`() throws {
    let process = try Subprocess.apus([
      "serve", site.path, "--port", "0", "--cores", "1", "--access-log", "-", "--log-format", "json",
    ])
    let port = try #require(process.announcedPort())
    let client = try #require(LoopbackSocket(connectingTo: port))
    client.send("GET /no HTTP/1.1\r\nHost: test\r\n\r\n")
    #expect(client.receive(until: "\r\n").hasPrefix("HTTP/1.1 404"))
    process.signal(SIGINT)
    let end = process.end()
    #expect(end.code == 0)
    #expect(end.output.contains(#""request":"GET /no HTTP/1.1","status":404"#))
  }
}

import Apus
import ApusCommand
import ArgumentParser
import Testing

@Suite struct ServeArgumentTests {
  private func refusal(_ arguments: String...) -> String? {
    ApusCommandTests.refusal(ServeCommand.self, arguments)
  }

  @Test func `without arguments it serves the working directory on the loopback address`() throws {
    let command = try ServeCommand.parse([])
    #expect(command.directory == ".")
    #expect(command.addresses == [.tcp("127.0.0.1", 8080)])
    #expect(command.cores == nil)
    #expect(command.keepaliveTimeout.duration == .seconds(75))
    #expect(command.drainTimeout.duration == .seconds(25))
    #expect(command.accessLog == nil)
    #expect(!command.hidden)
  }

  @Test func `every option is read`() throws {
    let command = try ServeCommand.parse([
      "public", "-p", "0", "--host", "::1", "--cores", "2", "--keepalive-timeout", "500ms", "--drain-timeout",
      "2m",
      "--index", "main.htm", "--index", "index.html", "--header", "X-Frame-Options: DENY", "--header", "A:b",
      "--header-always", "X-B: c",
      "--hidden", "--follow-symlinks", "never", "--access-log", "-", "--log-format", "json",
    ])
    #expect(command.directory == "public")
    #expect(command.addresses == [.tcp("::1", 0)])
    #expect(command.cores == 2)
    #expect(command.keepaliveTimeout.duration == .milliseconds(500))
    #expect(command.drainTimeout.duration == .seconds(120))
    #expect(command.index == ["main.htm", "index.html"])
    #expect(command.header.map(\.name) == ["X-Frame-Options", "A"])
    #expect(command.header.map(\.value) == ["DENY", "b"])
    #expect(command.headerAlways == [ResponseField("X-B", "c")])
    #expect(command.hidden)
    #expect(command.followSymlinks == .never)
    #expect(command.accessLog == "-")
    #expect(command.logFormat == .json)
  }

  @Test func `addresses add up`() throws {
    let socket = Server.Address.unix("/run/a", mode: 0o600)
    let only = try ServeCommand.parse(["--listen", "unix:/run/a?mode=0600", "--listen", "[::1]:81"])
    #expect(only.addresses == [socket, .tcp("::1", 81)])
    let both = try ServeCommand.parse(["--listen", "unix:/run/a?mode=0600", "--port", "82"])
    #expect(both.addresses == [.tcp("127.0.0.1", 82), socket])
    #expect(refusal("--listen", "unix:")?.contains("unix:/path") == true)
  }

  /// A shell's "$HOST" of a variable that is not set must not open the server to the network.
  @Test func `an empty name is refused and means nothing`() {
    #expect(refusal("--host", "")?.contains("--host needs an address") == true)
    #expect(refusal("")?.contains("an empty name") == true)
    #expect(refusal("--access-log", "")?.contains("needs the name of a file") == true)
  }

  @Test func `the error for a mistake names the option and the values that it takes`() {
    #expect(refusal("--port", "70000")?.contains("0 to 65535") == true)
    #expect(refusal("--cores", "0")?.contains("counted from 1") == true)
    #expect(refusal("--keepalive-timeout", "75")?.contains("500ms") == true)
    #expect(refusal("--announce-keepalive", "75s")?.contains("less than --keepalive-timeout") == true)
    #expect(refusal("--announce-keepalive", "1500ms")?.contains("whole seconds") == true)
    #expect(refusal("--announce-keepalive", "0")?.contains("off") == true)
    #expect(refusal("--drain-timeout", "0")?.contains("--drain-timeout is from 1ms to 24h") == true)
    #expect(refusal("--drain-timeout", "25h")?.contains("--drain-timeout is from 1ms to 24h") == true)
    #expect(refusal("--keepalive-timeout", "25h")?.contains("--keepalive-timeout is at most 24h") == true)
    #expect(refusal("--index", "../x")?.contains("without a slash") == true)
    #expect(refusal("--follow-symlinks", "some")?.contains("inside") == true)
    #expect(refusal("--log-format", "json")?.contains("--access-log") == true)
    #expect(refusal("--log-format", "off") == nil)
    #expect(refusal("--prot", "80")?.contains("--port") == true)
    #expect(refusal("one", "two")?.contains("two") == true)
  }

  @Test(
    arguments: [
      (["--keepalive-timeout", "75s"], 70), (["--keepalive-timeout", "20s"], 18),
      (["--keepalive-timeout", "2s"], 1),
      (["--keepalive-timeout", "1999ms"], nil), (["--keepalive-timeout", "0"], nil), ([], 70),
      (["--keepalive-timeout", "24h"], 65_535), (["--announce-keepalive", "off"], nil),
      (["--announce-keepalive", "1m10s"], 70), (["--announce-keepalive", "74s"], 74),
      (["--keepalive-timeout", "5s", "--announce-keepalive", "4s"], 4),
    ] as [([String], UInt16?)])
  func `the announced time is less than the time-out, unless that is a second or nothing`(
    arguments: [String], seconds: UInt16?
  ) throws {
    #expect(try ServeCommand.parse(arguments).announcedSeconds == seconds)
  }

  @Test func `a header without a colon is refused with an example of a header`() {
    #expect(refusal("--header", "no colon")?.contains("a name, a colon and a value") == true)
  }

  @Test(arguments: [
    ": value", "Bad Name: x", "X\u{7}: x", "X: a\r\nY: b", "X: a\nY: b", "X : a", "Ünicode: x",
  ])
  func `a header that could break a response is refused`(text: String) {
    for option in ["--header", "--header-always"] {
      #expect(refusal(option, text)?.contains("no control characters") == true)
    }
  }

  @Test(arguments: [
    "Content-Length: 5", "content-type: a/b", "Transfer-Encoding: chunked", "Connection: close", "ETag: x",
  ])
  func `a header that the server sets itself is refused`(text: String) {
    for option in ["--header", "--header-always"] {
      #expect(refusal(option, text)?.contains("itself") == true)
    }
  }

  @Test func `white space around a header's value is not part of it`() throws {
    #expect(try HeaderArgument.parse("X:  a b\t ").value == "a b")
    #expect(try HeaderArgument.parse("X:").value == "")
  }
}

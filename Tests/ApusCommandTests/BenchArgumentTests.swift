import ApusCommand
import ApusWire
import ArgumentParser
import Testing

@Suite struct BenchArgumentTests {
  @Test func `a url alone is loaded by 64 connections for ten seconds`() throws {
    let command = try BenchCommand.parse(["http://127.0.0.1/"])
    #expect(command.connections == 64 && command.threads == 1 && command.pipeline == 1)
    #expect(command.duration.duration == .seconds(10) && command.warmup.duration == .zero)
    #expect(command.rate == nil && command.findKnee == nil)
  }

  @Test func `every option is read`() throws {
    let command = try BenchCommand.parse([
      "http://a/", "http://b/", "-c", "8", "-t", "2", "--pipeline", "4", "-d", "500ms", "--warmup", "1s",
      "--ramp", "2s",
      "-r", "2.5k", "--arrivals", "poisson", "-m", "PUT", "-H", "Accept: text/html", "--header", "A:b", "-b",
      "text",
      "--weights", "3,1", "--timeout", "1s", "--unix-socket", "/x", "--hgrm", "h", "--json", "-", "--plot",
      "p",
    ])
    #expect(command.request.urls == ["http://a/", "http://b/"])
    #expect(command.connections == 8 && command.threads == 2 && command.pipeline == 4)
    #expect(command.duration.duration == .milliseconds(500))
    #expect(command.warmup.duration == .seconds(1) && command.ramp.duration == .seconds(2))
    #expect(command.rate == 2500 && command.arrivals == .poisson)
    #expect(
      command.method == "PUT" && command.request.header.count == 2 && command.body == "text")
    #expect(command.weights == [3, 1] && command.timeout.duration == .seconds(1))
    #expect(
      command.request.unixSocket == "/x" && command.hgrm == "h" && command.json == "-" && command.plot == "p")
  }

  @Test func `a value may stand right behind a short option, as wrk and ab have it`() throws {
    func bench(_ arguments: String...) throws -> BenchCommand {
      try #require(
        try ApusCommand.parseAsRoot(ShortOptions.separated(["bench", "http://a/"] + arguments))
          as? BenchCommand)
    }
    let command = try bench("-t2", "-c8", "-d500ms", "-r2k", "-bx=1 y", "-XPUT", "-HAccept: text/html;a=b")
    #expect(command.threads == 2 && command.connections == 8 && command.rate == 2000)
    #expect(command.duration.duration == .milliseconds(500) && command.body == "x=1 y")
    #expect(command.method == "PUT" && command.request.fields.map(\.value) == ["text/html;a=b"])
    #expect(try bench("-mPUT").method == "PUT")
    #expect(try bench("-b-1").body == "-1" && bench("-b=1").body == "1" && bench("-b", "-").body == "-")
  }

  @Test(arguments: [
    ("p99<5ms", 99.0, 5_000_000), ("p99.9<1s", 99.9, 1_000_000_000), ("p999<2s", 99.9, 2_000_000_000),
    ("max<10ms", 100, 10_000_000),
  ])
  func `a bound is a percentile and a time`(text: String, percentile: Double, nanoseconds: Int) throws {
    let bound = try #require(try BenchCommand.parse(["http://a/", "--find-knee", text]).findKnee)
    #expect(bound.percentile == percentile && bound.nanoseconds == UInt64(nanoseconds))
  }

  @Test(
    arguments: [
      ("--connections 0", "from 1 to 60000"), ("-c x", "from 1 to 60000"), ("-t 1025", "from 1 to 1024"),
      ("-t 65", "at most 64 threads"), ("--pipeline 0", "from 1 to 1024"), ("-d 10", "a number and a unit"),
      ("-d 50ms", "at least 100ms"), ("--warmup 1", "a number and a unit"),
      ("--ramp fast", "a number and a unit"), ("--rate 0", "requests a second"),
      ("--rate fast", "requests a second"), ("--arrivals poisson", "needs a --rate"),
      ("--arrivals often", "poisson"), ("-m get", "in capital letters"), ("-m CONNECT", "a tunnel"),
      ("-H Bad(Name):x", "letters, digits and dashes"),
      ("-H Expect:100-continue", "leave Expect out"), ("-H Expect:other", "only 100-continue"),
      ("-H Content-Length:5", "set by the client itself"), ("-H none", "a name, a colon and a value"),
      ("-H Host:", "may go without Host"),
      ("--weights 1,2", "2 numbers for 1 urls"), ("--weights 0", "numbers above 0"),
      ("--weights -1", "--weights"), ("--find-knee p99", "a percentile, < and a time"),
      ("--find-knee p101<1s", "p101 is no percentile"),
      ("--find-knee p99<1s --rate 5", "leave --rate out"), ("--timeout 1ms", "at least 10ms"),
    ])
  func `a mistake is refused with a sentence that says which value is accepted`(
    arguments: String, sentence: String
  ) {
    let arguments = arguments.split(separator: " ").map(String.init)
    let message = refusal(BenchCommand.self, ["http://a/"] + arguments)
    #expect(message?.contains(sentence) == true, "\(message ?? "taken")")
  }

  @Test func `without a url there is nothing to load`() {
    #expect(refusal(BenchCommand.self, [])?.contains("url") == true)
  }
}

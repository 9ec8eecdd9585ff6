import ApusCommand
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
    #expect(command.rate == 2500 && command.arrivals == .poisson)
    #expect(
      command.request.method == "PUT" && command.request.header.count == 2 && command.body == "text")
    #expect(command.weights == [3, 1] && command.timeout.duration == .seconds(1))
    #expect(
      command.request.unixSocket == "/x" && command.hgrm == "h" && command.json == "-" && command.plot == "p")
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
      ["--connections", "0"], ["-c", "x"], ["-t", "65"], ["--pipeline", "0"], ["-d", "10"], ["-d", "50ms"],
      ["--rate", "0"], ["--rate", "fast"], ["--arrivals", "poisson"], ["-m", "get"], ["-m", "CONNECT"],
      ["-H", "Bad Name: x"], ["-H", "Content-Length: 5"], ["-H", "none"], ["--weights", "1,2"],
      ["--weights", "-1"],
      ["--find-knee", "p99"], ["--find-knee", "p101<1s"], ["--find-knee", "p99<1s", "--rate", "5"],
      ["--timeout", "1ms"],
    ])
  func `a mistake is refused with a sentence`(arguments: [String]) {
    let message = refusal(["http://a/"] + arguments)
    #expect(message?.isEmpty == false)
  }

  /// What the command says to arguments that it refuses, without the usage below it.
  private func refusal(_ arguments: [String]) -> String? {
    do {
      _ = try BenchCommand.parse(arguments)
      return nil
    } catch {
      #expect(BenchCommand.exitCode(for: error).rawValue == 64)
      return BenchCommand.message(for: error)
    }
  }

  @Test func `without a url there is nothing to load`() {
    #expect(refusal([]) != nil)
  }
}

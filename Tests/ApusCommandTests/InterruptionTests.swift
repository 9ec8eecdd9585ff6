import Apus
import ApusRing
import ApusTestSupport
import Foundation
import Glibc
import Synchronization
import Testing

/// The commands that ask, told to end in the middle.
@Suite(.serialized, .timeLimit(.minutes(10))) struct InterruptionTests {
  /// Runs `body` with the URL of a site, and what waits until it has been asked for so often.
  private func withCountedRoute(
    times: Int, _ body: (String, () -> Void) throws -> Void
  ) throws {
    let count = Mutex(0)
    let bell = WakeUp()
    let note: @Sendable () -> Void = {
      let isThere = count.withLock { count in
        count += 1
        return count == times
      }
      if isThere { bell.ring() }
    }
    var router = Router()
    router.get("/") { _ in
      note()
      return .text("hello")
    }
    try withRoutes(router) { url in try body(url) { bell.wait() } }
  }

  /// As SIGINT by default, so that a shell's loop ends, too.
  @Test(arguments: [SIGINT, SIGTERM]) func `a measurement that is cut short is reported`(number: Int32) throws
  {
    for pace in [[], ["--rate", "1000"], ["--find-knee", "p99<1000ms"]] {
      try withCountedRoute(times: 20) { url, wait in
        let bench = try Subprocess.apus(["bench", url, "-c", "2", "-d", "600s", "--json", "-"] + pace)
        wait()
        bench.signal(number)
        let (code, output) = bench.end()
        #expect(code == -number, "\(bench.said)")
        struct Report: Decodable { let requests: Int }
        let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
        #expect(report.requests >= 10, "all but the first one and what was under way")
      }
    }
  }

  @Test(arguments: [SIGINT, SIGHUP]) func `the table has the requests that were answered until then`(
    number: Int32
  ) throws {
    try withCountedRoute(times: 5) { url, wait in
      let fetch = try Subprocess.apus(["fetch", url, "--repeat", "1000000", "--pause", "1ms"])
      wait()
      fetch.signal(number)
      let (code, output) = fetch.end()
      #expect(code == -number)
      #expect(output.split(separator: "\n").count { $0.contains("200") } >= 4, "\(output)")
      #expect(!fetch.said.contains("failed"))
    }
  }

  @Test func `a request under way at that moment is cancelled, and has not failed`() throws {
    let bell = WakeUp()
    var router = Router()
    router.get("/") { _ in
      bell.ring()
      try await Task.sleep(for: .seconds(3600))
      return .text("late")
    }
    try withRoutes(router) { (url: String) throws in
      let fetch = try Subprocess.apus(["fetch", url, "--repeat", "2"])
      bell.wait()
      fetch.signal(SIGINT)
      let (code, output) = fetch.end()
      #expect(code == -SIGINT)
      #expect(output.contains("its request was cancelled") && !output.contains("failed"), "\(output)")
    }
  }

  @Test func `a signal that the parent ignores does not end it`() throws {
    try withCountedRoute(times: 20) { url, wait in
      let bench = try Subprocess.apus(
        ["bench", url, "-c", "1", "-d", "600s"], options: ["--ignore-signal=INT,HUP"])
      wait()
      bench.signal(SIGINT)
      bench.signal(SIGHUP)
      bench.signal(SIGTERM)
      let (code, output) = bench.end()
      #expect(code == -SIGTERM)
      #expect(output.contains("requests a second"))
    }
  }
}

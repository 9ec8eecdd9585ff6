import Apus
import ApusCommand
import ApusEngine
import ApusRing
import ApusTestSupport
import ArgumentParser
import Foundation
import Glibc
import Testing

/// `apus bench` as a process, against `apus serve` and against ports that cannot be measured.
@Suite(.serialized) struct BenchEndToEndTests {
  private struct Report: Decodable {
    struct Latency: Decodable { let p50, p90, p99, p999, max: Double }
    let requests: Int
    let rate: Double
    let late, never_made: Int
    let beyond_reach: Bool
    let errors, statuses: [String: Int]
    let connections_opened: Int
    let reused: Int
    let latency_us: Latency
  }

  @Test func `the report is one object that a script can read`() throws {
    try withSite { url, tree in
      let bench = try Subprocess.apus([
        "bench", url, "--rate", "500", "-c", "4", "-d", "400ms", "--json", "-", "--hgrm", tree.path + "/h",
        "--plot", tree.path + "/p.svg",
      ])
      let (code, output) = bench.end()
      #expect(code == 0)
      let report = try JSONDecoder().decode(Report.self, from: Data(output.utf8))
      #expect(report.requests + report.late == 200 && report.connections_opened == 4)
      #expect(report.reused <= report.requests && report.reused >= report.requests - 4)
      #expect(report.statuses.values.reduce(0, +) == report.requests)
      #expect(report.errors.values.allSatisfy { $0 == 0 })
      // Late is what the machine may be; early is what the plan forbids.
      #expect(report.rate > 0 && report.rate <= 550)
      let latency = report.latency_us
      #expect(latency.p50 > 0 && latency.p50 <= latency.p90 && latency.p90 <= latency.p99)
      #expect(latency.p99 <= latency.p999 && latency.p999 <= latency.max)
      #expect(try String(contentsOfFile: tree.path + "/h", encoding: .utf8).contains("Percentile"))
      #expect(try String(contentsOfFile: tree.path + "/p.svg", encoding: .utf8).hasPrefix("<svg"))
    }
  }

  @Test func `a person reads a few lines, several urls have weights, and threads share the work`() throws {
    try withSite { url, _ in
      let bench = try Subprocess.apus([
        "bench", url, url + "none", "--weights", "3,1", "-c", "4", "-t", "2", "-d", "300ms", "--pipeline",
        "4",
        "--arrivals", "poisson", "--rate", "2000", "--warmup", "100ms", "--ramp", "100ms",
      ])
      let (code, output) = bench.end()
      #expect(code == 0)
      #expect(output.contains("requests a second") && output.contains("p99.9"))
      #expect(output.contains("4xx") && output.contains("2xx") && output.contains("4 opened"))
    }
  }

  @Test func `the report says that a rate was not reached, and has the rate that was`() throws {
    try withSite { url, tree in
      let path = tree.path + "/report.json"
      let bench = try Subprocess.apus([
        "bench", url, "-r", "100M", "-c", "4", "-d", "1s", "--timeout", "2s", "--json", path,
      ])
      let (code, output) = bench.end()
      #expect(code == 0 && output.contains("beyond reach 100,000,000 a second were asked for"))
      let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: path)))
      #expect(report.beyond_reach && report.never_made > 1_000_000)
      #expect(report.requests > 20 && report.statuses.values.reduce(0, +) == report.requests)
      #expect(abs(report.rate - Double(report.requests)) <= 1)
    }
  }

  @Test func `a name's addresses are tried in their order until one takes the connection`() throws {
    var router = Router()
    router.get("/") { _ in .text("hello") }
    try withRoutes(router) { (url: String) throws in
      let port = try #require(UInt16(url.dropFirst("http://127.0.0.1:".count).dropLast()))
      let request = LoadRequest(method: .get, bytes: Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
      let probe = BenchProbe(request, name: "h", timeout: .seconds(30))
      // Nothing listens on the port at the other addresses.
      let addresses = try ["::1", "127.0.0.3", "127.0.0.1", "127.0.0.2"].flatMap {
        try SocketAddress.resolve(host: $0, port: port)
      }
      #expect(try probe.choose(addresses) == addresses[2])
      #expect(throws: ExitCode.self) { try probe.choose([addresses[1], addresses[3]]) }
    }
  }

  @Test func `every thread needs a connection to every server`() throws {
    let (code, line) = try refusal("http://127.0.0.1:1/", "http://127.0.0.2:1/", "-c", "3", "-t", "2")
    #expect(code == 64)
    #expect(line.contains("more --connections"))
  }

  /// The one line that the command ends with.
  private func refusal(_ arguments: String..., timeout: String = "30s") throws -> (code: Int32, line: String)
  {
    let bench = try Subprocess.apus(["bench"] + arguments + ["-d", "200ms", "--timeout", timeout])
    let code = bench.end().code
    #expect(bench.said.split(separator: "\n").count == 1, "\(bench.said)")
    return (code, bench.said)
  }

  @Test func `a port without a listener is reported in one line`() throws {
    let socket = LoopbackSocket.refusing()
    let (code, line) = try refusal("http://127.0.0.1:\(socket.port)/")
    #expect(code == 1 && line.contains("nothing listens on 127.0.0.1:\(socket.port)"))
  }

  @Test func `a port that never answers is reported in one line`() throws {
    let socket = LoopbackSocket.listening()
    let (code, line) = try refusal("http://127.0.0.1:\(socket.port)/", timeout: "300ms")
    #expect(code == 1 && line.contains("sent no response"))
  }

  @Test func `a port that speaks TLS is reported in one line`() throws {
    // The alert that TLS servers answer plain text with.
    let socket = LoopbackSocket.listening()
    let port = socket.port
    let peer = Thread { socket.answerOnce([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]) }
    peer.start()
    let (code, line) = try refusal("http://127.0.0.1:\(port)/")
    #expect(code == 1 && line.contains("speaks TLS"))
    let refusing = LoopbackSocket.refusing()
    let (other, text) = try refusal("https://127.0.0.1:\(refusing.port)/")
    #expect(other == 1 && text.contains("nothing listens on 127.0.0.1:\(refusing.port)"))
  }

  @Test
  func `a port that closes the connection without a byte, as some TLS servers do, is reported in one line`()
    throws
  {
    let socket = LoopbackSocket.listening()
    let peer = Thread { socket.answerOnce([]) }
    peer.start()
    let (code, line) = try refusal("http://127.0.0.1:\(socket.port)/")
    #expect(code == 1 && line.contains("without a response; perhaps it speaks TLS"))
  }

  @Test func `a server that closes in the middle of its response is not taken for one that speaks TLS`()
    throws
  {
    let socket = LoopbackSocket.listening()
    let peer = Thread { socket.answerOnce(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf".utf8)) }
    peer.start()
    let (code, line) = try refusal("http://127.0.0.1:\(socket.port)/")
    #expect(code == 1 && line.contains("in the middle of its response"))
  }

  @Test func `a name without an address is reported in one line`() throws {
    let (code, line) = try refusal("http://no-such-host.invalid/")
    #expect(code == 1 && line.contains("no-such-host.invalid"))
  }
}

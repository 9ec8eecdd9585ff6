import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// Answers that a server behind a proxy gives before it has read the request's body.
@Suite struct EarlyAnswerTests {
  /// Whole when it comes, in two pieces, or too long to be given at once.
  private static let answers: [[String]] = [
    ["HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\nno"],
    ["HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\n", "no"],
    ["HTTP/1.1 405 No\r\nContent-Length: 50000\r\n\r\n" + String(repeating: "x", count: 50_000)],
    ["HTTP/1.1 405 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n", "0\r\n\r\n"],
  ]

  private static func upload(_ framing: String) -> String { Heads.front("/x", "POST", framing) }

  private static func server(_ fields: String, _ pieces: [String]) -> SimulatedPeer {
    let head = Heads.behind("/x", "POST", fields).utf8.count
    return .server(
      after: head, pieces.flatMap { [.send($0), .pause(.milliseconds(2))] } + [.awaitBytes(.max)])
  }

  @Test(arguments: answers)
  func `the rest of a short body is dropped, and the connection serves the next request`(
    pieces: [String]
  ) throws {
    for isChunked in [false, true] {
      let fields = isChunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: 100000\r\n"
      let bytes = [UInt8](repeating: 66, count: 50_000)
      let size = Array("c350\r\n".utf8)
      let half = isChunked ? size + bytes + Array("\r\n".utf8) : bytes
      let next = SimulatedPeer.server([.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext")])
      var scenario = try ProxyScenario([Self.server(fields, pieces), next])
      let (head, rest) = (Self.upload(fields), (isChunked ? "0\r\n\r\n" : "") + Heads.front())
      let client = SimulatedPeer(
        "client", methods: ["POST", "GET"],
        steps: [
          .send(head), .send(half), .awaitAnswers(1), .pause(.milliseconds(5)), .send(half), .send(rest),
        ])
      scenario.kernel.add(client)
      scenario.run()
      #expect(client.answers.map(\.status) == [405, 200], "\(fields) \(client.malformed ?? "")")
      #expect(client.answers.last?.text == "next" && client.answers.first?.closes == false)
      #expect(!client.isDisconnected && client.trailingCount == 0)
      let received = scenario.simulation.reactor.table.counters.bytesReceived
      #expect(received == UInt64(head.utf8.count + 2 * half.count + rest.utf8.count))
      scenario.end()
    }
  }

  @Test(arguments: answers)
  func `an error in front of a long body says that the connection ends`(pieces: [String]) throws {
    let fields = "Content-Length: 10000000\r\n"
    var scenario = try ProxyScenario([Self.server(fields, pieces)])
    let client = SimulatedPeer(
      "client", methods: ["POST"],
      steps: [.send(Self.upload(fields)), .send([UInt8](repeating: 66, count: 300_000)), .awaitBytes(.max)])
    scenario.kernel.add(client)
    scenario.run()
    #expect(client.receivedText.hasPrefix("HTTP/1.1 405 "))
    #expect(client.receivedText.contains("Connection: close\r\n"), "\(client.receivedText.prefix(200))")
    #expect(client.endedAt != nil && client.resetAt == nil)
    scenario.end()
  }

  @Test(arguments: [true, false])
  func `any answer says that the connection ends if it is known when its head leaves`(isWhole: Bool) throws {
    let (head, text) = ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "ok")
    let fields = "Content-Length: 10000000\r\n"
    var scenario = try ProxyScenario([Self.server(fields, isWhole ? [head + text] : [head, text])])
    let client = SimulatedPeer(
      "client", methods: ["POST"],
      steps: [.send(Self.upload(fields)), .send([UInt8](repeating: 66, count: 300_000)), .awaitAnswers(2)])
    scenario.kernel.add(client)
    scenario.run()
    // In front of the second piece the server might still read on.
    #expect(client.answers.map(\.closes) == [isWhole] && client.answers.map(\.text) == [text])
    #expect(client.endedAt != nil && client.resetAt == nil)
    scenario.end()
  }

  @Test func `an answer in place of leave to send says that the connection ends, in pieces, too`() throws {
    let fields = "Content-Length: 10000000\r\nExpect: 100-continue\r\n"
    let pieces = ["HTTP/1.1 303 See Other\r\nLocation: /y\r\nContent-Length: 2\r\n\r\n", "no"]
    var scenario = try ProxyScenario([Self.server(fields, pieces)])
    let client = SimulatedPeer(
      "client", methods: ["POST"], steps: [.send(Self.upload(fields)), .awaitAnswers(2)])
    scenario.kernel.add(client)
    scenario.run()
    #expect(client.answers.map(\.status) == [303] && client.answers.map(\.text) == ["no"])
    #expect(client.answers.map(\.closes) == [true] && client.interim == [])
    #expect(client.endedAt != nil && client.resetAt == nil)
    scenario.end()
  }

  @Test func `a body that never comes is not waited for`() throws {
    let fields = "Content-Length: 100000\r\n"
    var scenario = try ProxyScenario([Self.server(fields, Self.answers[1])])
    let client = SimulatedPeer(
      "client", methods: ["POST"],
      steps: [.send(Self.upload(fields)), .send([UInt8](repeating: 66, count: 50_000)), .awaitAnswers(2)])
    scenario.kernel.add(client)
    scenario.run()
    #expect(client.answers.map(\.status) == [405])
    #expect(client.endedAt != nil && client.resetAt == nil)
    scenario.end()
  }

  @Test func `hints in greater number than a client reads are not kept`() throws {
    let hint = "HTTP/1.1 103 Early Hints\r\nLink: " + String(repeating: "x", count: 4000) + "\r\n\r\n"
    let server = SimulatedPeer.server(
      repeated(2000) { _ in [.send(hint), .pause(.milliseconds(1))] }
        + [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
    var scenario = try ProxyScenario([server]) {
      $0.client.interimResponses = 2000
      $0.client.interimBytes = 16 << 20
    }
    let client = SimulatedPeer(
      "client", methods: ["GET"],
      steps: [
        .setReading(.slow(bytes: 8192, every: 50_000_000)), .send(Heads.front()), .awaitAnswers(1),
      ])
    client.windowBytes = 65_536
    scenario.kernel.add(client)
    scenario.run(for: .seconds(2))
    let held = scenario.simulation.reactor.table.heldBytes
    #expect(held < 512 << 10)
    scenario.run(for: .seconds(10))
    #expect(client.answers.map(\.text) == ["ok"] && client.interim.count > 10)
    scenario.end()
  }
}

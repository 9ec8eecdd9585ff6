import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

/// What a proxy makes of servers and clients that fail: an honest status or a reset, never half an answer for
/// a whole one, and nothing held.
@Suite struct ProxyFailureTests {
  private static let request = Heads.behind()
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  @Test func `an answer that pauses for too long is late, and not broken off by its server`() throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    var scenario = try ProxyScenario([
      .server([.send(head + "5\r\nhello\r\n"), .pause(.seconds(40)), .send("0\r\n\r\n")])
    ])
    let client = scenario.ask(Heads.front())
    scenario.run(for: .seconds(60))
    #expect(client.answers.isEmpty)
    #expect(scenario.count(.answerTimeout) == 1 && scenario.count(.brokenOff) == 0)
    scenario.end()
  }

  @Test(arguments: [false, true])
  func `a stream of events may be quiet for as long as a tunnel`(wrapped: Bool) throws {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    var scenario = try ProxyScenario(
      [
        .server([
          .send(head + "9\r\ndata: 1\n\n\r\n"), .pause(.seconds(500)), .send("9\r\ndata: 2\n\n\r\n0\r\n\r\n"),
        ])
      ], wrapped: wrapped)
    let client = scenario.ask(Heads.front())
    scenario.run(for: .seconds(600))
    #expect(client.answers.map(\.text) == ["data: 1\n\ndata: 2\n\n"])
    #expect(RelayFailure.allCases.allSatisfy { scenario.count($0) == 0 })
    scenario.end()

    scenario = try ProxyScenario(
      [.server([.send(head + "9\r\ndata: 1\n\n\r\n"), .pause(.seconds(700))])], wrapped: wrapped)
    _ = scenario.ask(Heads.front())
    scenario.run(for: .seconds(650))
    #expect(scenario.count(.answerTimeout) == 1)
    scenario.end()
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n",
    ], [SimulatedPeer.Step.close, .reset])
  func `a server that dies in its head is 502, in its body a reset`(
    answer: String, ending: SimulatedPeer.Step
  ) throws {
    let bytes = Array(answer.utf8)
    let headBytes = try #require(answer.firstRange(of: "\r\n\r\n")).upperBound.utf16Offset(in: answer)
    for count in 0..<bytes.count {
      var scenario = try ProxyScenario([
        .server([.send(Array(bytes[..<count])), .pause(.milliseconds(1)), ending])
      ])
      let client = scenario.ask(Heads.front())
      scenario.run()
      if count < headBytes {
        #expect(client.answers.map(\.status) == [502], "after \(count) bytes")
        #expect(scenario.count(.connectionLost) == 1)
      } else {
        #expect(client.answers.isEmpty && client.resetAt != nil, "after \(count) bytes")
        #expect(scenario.count(.brokenOff) == 1)
      }
      scenario.end()
    }
  }

  @Test func `a stale connection is tried anew where that is safe, and only there`() throws {
    for (method, status) in [("GET", 200), ("POST", 502)] {
      let more = method == "POST" ? "Content-Length: 0\r\n" : ""
      let bytes = Heads.behind("/x", method, more).utf8.count
      // It closes when the second request is on its way.
      let stale = SimulatedPeer.server(after: bytes, [.send(Self.ok), .awaitBytes(2 * bytes), .close])
      let fresh = SimulatedPeer.server(after: bytes, [.send(Self.ok)])
      var scenario = try ProxyScenario([stale, fresh])
      let text = Heads.front("/x", method, more)
      let client = SimulatedPeer(
        "client", methods: [method, method],
        steps: [.send(text), .awaitAnswers(1), .pause(.milliseconds(5)), .send(text)])
      scenario.kernel.add(client)
      scenario.run()
      #expect(client.answers.map(\.status) == [200, status], "\(method)")
      #expect(fresh.receivedBytes == (status == 200 ? bytes : 0), "\(method)")
      scenario.end()
    }
  }

  @Test func `a refused connection is another server's request, and 502 if there is none`() throws {
    let server = SimulatedPeer.server([.send(Self.ok)])
    var scenario = try ProxyScenario([server]) {
      $0.upstreams = ["http://10.0.0.2", "http://10.0.0.1"]
    } world: {
      $0.refusedConnects = 1
    }
    let client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.status) == [200] && scenario.count(.unreachable) == 1)
    #expect(server.receivedText == Self.request)
    scenario.end()

    scenario = try ProxyScenario([])
    let post = "Content-Length: 5\r\n"
    let other = scenario.ask(Heads.front("/x", "POST", post) + "hello" + Heads.front(), method: "POST")
    scenario.run()
    #expect(other.answers.map(\.status).first == 502 && other.malformed == nil)
    #expect(scenario.count(.unreachable) == 2)
    scenario.end()
  }

  @Test func `middleware around a proxy may try again, but not with a body that has been sent`() throws {
    for (method, more, body) in [
      ("GET", "", ""), ("POST", "Content-Length: 5\r\n", "hello"),
      ("POST", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
    ] {
      let isChunked = more.hasPrefix("T")
      let bytes = Heads.behind("/x", method, more).utf8.count + body.utf8.count
      let failing = SimulatedPeer.server(after: bytes, [.close])
      let other = SimulatedPeer.server(after: bytes, [.send(Self.ok)])
      var scenario = try ProxyScenario([failing, other], routes: { $0.intercept(TryingTwice()) })
      let client = scenario.ask(Heads.front("/x", method, more) + body, method: method)
      scenario.run()
      #expect(client.answers.map(\.status) == [isChunked ? 502 : 200], "\(method) \(more)")
      #expect(other.receivedText == (isChunked ? "" : Heads.behind("/x", method, more) + body))
      scenario.end()
    }
  }

  @Test func `a server that says nothing, or no connection that is free, is told in time`() throws {
    var scenario = try ProxyScenario([SimulatedPeer.server([.awaitBytes(.max)])]) {
      $0.client.timeouts.head = .seconds(2)
    }
    let late = scenario.ask(Heads.front())
    scenario.run()
    #expect(late.answers.map(\.status) == [504] && scenario.count(.answerTimeout) == 1)
    scenario.end()

    scenario = try ProxyScenario([SimulatedPeer.server([.awaitBytes(.max)])]) {
      $0.client.connectionsPerHost = 1
      $0.client.timeouts.poolWait = .seconds(1)
    }
    scenario.ask(Heads.front())
    scenario.run(for: .milliseconds(10))
    let crowded = scenario.ask(Heads.front())
    scenario.run()
    #expect(crowded.answers.map(\.status) == [503] && scenario.count(.noConnectionFree) == 1)
    scenario.end()
  }

  @Test func `a client that goes takes its request with it, whatever it waits for`() throws {
    for pieces in [[], ["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"]] {
      let server = SimulatedPeer.server(pieces.map { .send($0) } + [.awaitBytes(.max)])
      var scenario = try ProxyScenario([server])
      scenario.ask(Heads.front(), then: [.pause(.milliseconds(5)), .reset])
      // What is left of an answer is given a moment to come.
      scenario.run(for: .milliseconds(200))
      #expect(server.resetAt != nil)
      #expect(scenario.simulation.reactor.core.exchanges.heldCount == 0)
      scenario.end()
    }
  }

  @Test func `a body that is none, or stands still, is the client's fault and not handed on as a whole`()
    throws
  {
    for (sent, status) in [("5\r\nhello\r\nzz\r\n", 400), ("5\r\nhello\r\n", 408)] {
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      var timeouts = Timeouts()
      timeouts.bodyStall = .seconds(1)
      var scenario = try ProxyScenario([server], timeouts: timeouts)
      let client = scenario.ask(
        Heads.front("/x", "POST", "Transfer-Encoding: chunked\r\n"), method: "POST",
        then: [.pause(.milliseconds(1)), .send(sent)])
      scenario.run()
      #expect(client.answers.map(\.status) == [status])
      #expect(!server.receivedText.hasSuffix("0\r\n\r\n") && server.resetAt != nil)
      scenario.end()
    }
  }

  @Test func `an early answer ends the request's body, and reaches its client`() throws {
    let head = Heads.behind("/x", "POST", "Content-Length: 900000\r\n")
    let server = SimulatedPeer.server(
      after: head.utf8.count + 100,
      [
        .send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"),
        .pause(.seconds(1)),
      ])
    var scenario = try ProxyScenario([server])
    let body = [UInt8](repeating: 120, count: 1000)
    let client = scenario.ask(
      Heads.front("/x", "POST", "Content-Length: 900000\r\n"), method: "POST",
      then: (0..<900).flatMap { _ in [.send(body), .pause(.milliseconds(1))] })
    scenario.run()
    #expect(client.answers.map(\.status) == [413])
    #expect(server.receivedBytes < 900_000)
    scenario.end()
  }

  @Test func `a slow client stops the server, and gets all of the answer when it reads again`() throws {
    let count = 4_000_000
    let server = SimulatedPeer.server([
      .send("HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n"),
      .send([UInt8](repeating: 120, count: count)),
    ])
    var timeouts = Timeouts()
    timeouts.sendStall = .seconds(300)
    timeouts.minimumRate = 0
    var scenario = try ProxyScenario([server], timeouts: timeouts) {
      $0.client.timeouts.idleRead = .seconds(5)
    }
    let client = SimulatedPeer(
      "client", methods: ["GET"],
      steps: [
        .setReading(.never), .send(Heads.front()), .pause(.seconds(60)),
        .setReading(.slow(bytes: 65_536, every: 1000)),
      ])
    scenario.kernel.add(client)
    scenario.run(for: .seconds(50))
    #expect(!server.hasFinished)
    scenario.run(for: .seconds(20))
    #expect(client.answers.map(\.body.count) == [count] && server.hasFinished)
    scenario.end()
  }
}

private struct TryingTwice: Middleware {
  func intercept(input: borrowing Request, next: Next) async throws -> Response {
    let first = try await next(input)
    return first.status == .badGateway ? try await next(input) : first
  }
}

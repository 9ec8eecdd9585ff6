// Answers that their handler calls repeatable: given again without it, for as long as it
// said and to nobody else.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

/// Calls all answers repeatable for a second. Each holds the path and the time of the call that made it.
private final class RepeatableHandler {
  var calls: [String] = []
  var contentBytes = 1000

  func handler() -> Handler {
    let respond = { (request: borrowing Request) -> Response in
      let path = text(request.path)
      self.calls.append("\(request.method.name) \(path)")
      let fields = Array("X-Made: \(request.now.nanoseconds / 1_000_000)\r\n".utf8)
      let content = Array(path.utf8) + pattern(path, self.contentBytes)
      let bytes = SharedBytes(capacity: fields.count + content.count, firstPartBytes: fields.count) {
        output in
        for byte in fields + content { output.append(byte) }
      }
      return Response(
        status: .ok,
        body: .rendered(
          bytes, repeatableUntil: Instant(nanoseconds: request.now.nanoseconds + 1_000_000_000)))
    }
    return Handler(plan: { request in .answer(respond(request)) }, respond: respond)
  }

  func isWhole(_ answer: Answer, _ path: String) -> Bool {
    answer.status == 200 && answer.body == Array(path.utf8) + pattern(path, contentBytes)
  }
}

@Suite struct RepeatedAnswerTests {
  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
  }

  /// Milliseconds from the call that made an answer to its arrival.
  private func age(_ answer: Answer) -> Int {
    Int(answer.time.nanoseconds / 1_000_000) - (Int(answer["x-made"] ?? "") ?? .min / 2)
  }

  @Test func `an answer is given again without its handler, for a second at most`() {
    let handler = RepeatableHandler()
    var scenario = Scenario(handler: handler.handler())
    let peer = SimulatedPeer(steps: repeated(300) { [.send(get("/a?\($0)")), .pause(.milliseconds(10))] })
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.count == 300)
    #expect(peer.answers.allSatisfy { handler.isWhole($0, "/a") })
    #expect(peer.answers.allSatisfy { age($0) <= 1010 }, "no answer is older than its handler said")
    // Twice at first; then once for each end of its time, and for each second that Date shows anew.
    #expect(handler.calls.count >= 4 && handler.calls.count <= 12, "\(handler.calls.count) calls")
    let start = Int64(1_700_000_000)
    for answer in peer.answers {
      let second =
        Int64(answer.time.nanoseconds - scenario.kernel.configuration.start.nanoseconds) / 1_000_000_000
      let shown = answer["date"].flatMap { HTTPDate.parse(Array($0.utf8).span) } ?? 0
      #expect((0...1).contains(start + second - shown), "Date of an answer in second \(second)")
    }
    scenario.end()
  }

  @Test func `whatever is no plain GET reaches the handler`() {
    let others = [
      "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", get("/a", "If-None-Match: \"x\"\r\n"),
      get("/a", "Range: bytes=0-1\r\n"),
      get("/a", "If-Modified-Since: x\r\n"), get("/./a"), get("/%61"), get("/b"),
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
      "GET http://a/a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ]
    for other in others {
      let handler = RepeatableHandler()
      var scenario = Scenario(handler: handler.handler())
      let method = other.hasPrefix("HEAD") ? "HEAD" : "GET"
      let rounds = 5
      let warm = repeated(3) { _ in [.send(get("/a")), .pause(.milliseconds(1))] }
      let asking = repeated(rounds) { _ in [.send(other), .pause(.milliseconds(1))] }
      let peer = SimulatedPeer(
        methods: Array(repeating: "GET", count: 3) + Array(repeating: method, count: rounds),
        steps: warm + asking)
      scenario.add(peer)
      scenario.simulation.run(for: .milliseconds(500))
      #expect(peer.answers.count == 3 + rounds, "\(other)")
      let calls = handler.calls.count - 2
      // Another plain path is kept for itself.
      #expect(other == get("/b") ? calls == 2 : calls == rounds, "\(calls) calls for \(other)")
      scenario.end()
    }
  }

  @Test func `a connection that is to close is told so`() {
    let handler = RepeatableHandler()
    var scenario = Scenario(handler: handler.handler())
    let warm = repeated(3) { _ in [.send(get("/a")), .pause(.milliseconds(1))] }
    let peer = SimulatedPeer(steps: warm + [.send(get("/a", "Connection: close\r\n")), .awaitEnd])
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(500))
    #expect(peer.answers.count == 4 && peer.answers.last?.closes == true && peer.endedAt != nil)
    #expect(peer.answers.dropLast().allSatisfy { !$0.closes })
    #expect(handler.calls.count == 3, "the third was given again, the last was not")
    scenario.end()
  }

  @Test func `a request at the very moment of the idle time-out is given the answer again, too`() throws {
    let handler = RepeatableHandler()
    var timeouts = Timeouts()
    timeouts.keepAlive = .seconds(5)
    var scenario = Scenario(timeouts: timeouts, handler: handler.handler())
    scenario.add(SimulatedPeer(steps: repeated(600) { _ in [.send(get("/a")), .pause(.milliseconds(10))] }))
    let peer = SimulatedPeer(steps: [.send(get("/a")), .pause(.seconds(5)), .send(get("/a"))])
    scenario.add(peer, after: .milliseconds(5))
    scenario.simulation.run(for: .seconds(8))
    #expect(peer.answers.count == 2 && peer.resetAt == nil)
    #expect(age(try #require(peer.answers.last)) > 0, "made for another request")
    scenario.end()
  }

  @Test func `pipelined requests are answered whole and in order`() {
    let handler = RepeatableHandler()
    var scenario = Scenario(handler: handler.handler())
    let paths = (0..<200).map { "/\(["a", "a", "b", "a", "c", "c", "c"][$0 % 7])" }
    let peer = SimulatedPeer(steps: [.send(paths.map { get($0) }.joined())])
    peer.reading = .slow(bytes: 3000, every: 1_000_000)
    let single = SimulatedPeer(steps: repeated(50) { _ in [.send(get("/a")), .pause(.milliseconds(2))] })
    scenario.add(peer)
    scenario.add(single)
    scenario.simulation.run(for: .seconds(10))
    #expect(peer.answers.count == 200 && single.answers.count == 50)
    #expect(zip(peer.answers, paths).allSatisfy { handler.isWhole($0, $1) })
    #expect(
      handler.calls.count < 200 + 50 / 2, "most single ones are given again: \(handler.calls.count) calls")
    scenario.end()
  }

  @Test func `slow readers get the answer that they began with, others the new one`() {
    let handler = RepeatableHandler()
    handler.contentBytes = 4000
    var scenario = Scenario(handler: handler.handler())
    scenario.add(SimulatedPeer(steps: repeated(400) { _ in [.send(get("/a")), .pause(.milliseconds(10))] }))
    var slow: [SimulatedPeer] = []
    for number in 0..<40 {
      let peer = SimulatedPeer(steps: [.pause(.milliseconds(100 * number + 50)), .send(get("/a"))])
      peer.reading = .slow(bytes: 1000, every: 1_000_000_000)
      peer.windowBytes = 1000
      slow.append(peer)
      scenario.add(peer)
    }
    scenario.simulation.run(for: .seconds(30))
    #expect(slow.allSatisfy { $0.answers.count == 1 && handler.isWhole($0.answers[0], "/a") })
    #expect(handler.calls.count < 40, "\(handler.calls.count) calls")
    scenario.end()
  }

  @Test func `a peer that goes in the midst of a repeated answer leaves nothing behind`() {
    for goes: SimulatedPeer.Step in [.reset, .close, .halfClose] {
      let handler = RepeatableHandler()
      handler.contentBytes = 4000
      var scenario = Scenario(handler: handler.handler())
      scenario.add(SimulatedPeer(steps: repeated(20) { _ in [.send(get("/a")), .pause(.milliseconds(5))] }))
      for number in 0..<10 {
        let peer = SimulatedPeer(steps: [
          .pause(.milliseconds(20 + number)), .send(get("/a")), .pause(.milliseconds(3)), goes,
        ])
        peer.reading = .never
        peer.windowBytes = 1000
        scenario.add(peer)
      }
      scenario.simulation.run(for: .seconds(90))
      // Fewer than those that go, so one of them was given an answer again.
      #expect(handler.calls.count < 10, "\(handler.calls.count) calls")
      scenario.end()
    }
  }
}

// Hooks around a proxy, with middleware between and without: each answer is seen once, as it was sent.

import Apus
import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct ProxyHookTests {
  private final class Seen: Sendable {
    let statuses = Lock<[UInt16]>([])
    var all: [UInt16] { statuses.withLock { $0 } }

    func watch(_ router: inout Router) {
      router.after { _, response in
        let code = response.status.code
        self.statuses.withLock { $0.append(code) }
        response.fields.append(ResponseField("X-Hook", "\(code)"))
      }
    }
  }

  private static let short = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi"
  private static let long = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"

  @Test(arguments: [false, true])
  func `a short answer, a long one, and one of the proxy's own`(wrapped: Bool) throws {
    for (steps, status) in [
      ([SimulatedPeer.Step.send(Self.short)], 201),
      ([.send(Self.long), .pause(.seconds(1)), .send("0\r\n\r\n")], 200),
      ([.close], 502), ([.send("nonsense\r\n\r\n")], 502),
      ([.send("HTTP/1.1 304 Not Modified\r\n\r\n")], 304),
    ] {
      let seen = Seen()
      var scenario = try ProxyScenario(
        [.server(steps)], wrapped: wrapped, routes: { seen.watch(&$0) })
      let client = scenario.ask(Heads.front())
      scenario.run()
      #expect(client.answers.map(\.status) == [status])
      #expect(seen.all == [UInt16(status)], "\(wrapped) \(status)")
      #expect(client.answers.first?["X-Hook"] == "\(status)")
      scenario.end()
    }
  }

  @Test(arguments: [false, true])
  func `an answer that breaks off behind its head, and a client that goes first`(wrapped: Bool) throws {
    let seen = Seen()
    var scenario = try ProxyScenario(
      [.server([.send(Self.long), .pause(.seconds(1)), .reset])], wrapped: wrapped,
      routes: { seen.watch(&$0) })
    _ = scenario.ask(Heads.front())
    scenario.run()
    #expect(seen.all == [200])
    scenario.end()

    let gone = Seen()
    scenario = try ProxyScenario(
      [.server([.awaitBytes(.max)])], wrapped: wrapped, routes: { gone.watch(&$0) })
    _ = scenario.ask(Heads.front(), then: [.pause(.seconds(1)), .reset])
    scenario.run()
    #expect(gone.all == [499])
    #expect(scenario.simulation.reactor.table.counters.unanswered == 1)
    scenario.end()
  }

  @Test func `a client that goes when a hook has taken the beginning of an answer back has a line`() throws {
    var count = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      let seen = Seen()
      var scenario = try ProxyScenario(
        [], seed: seed, accessLog: .simulated,
        routes: {
          $0.after { _, response in
            seen.statuses.withLock { $0.append(response.status.code) }
            response.fields.append(ResponseField("X-A", "a\nb"))
          }
          $0.on(.get, "/flow") { _, _, sender in
            var writer = try sender.start()
            try await writer.write("some")
            try await writer.flush()
            try writer.finish()
          }
        })
      _ = scenario.ask(Heads.front("/flow"), then: [.reset])
      scenario.run()
      scenario.end()
      guard scenario.simulation.reactor.table.counters.requests == 1 else { continue }
      count += 1
      #expect(scenario.kernel.logLines.map(\.status) == [499])
      #expect(scenario.simulation.reactor.table.counters.unanswered == 1)
      #expect(seen.all.count == 1)
    }
    #expect(count > 0)
  }

  @Test(arguments: [false, true])
  func `a body that its client breaks off is no error, and asks for no answer`(wrapped: Bool) throws {
    for length in ["Content-Length: 100\r\n", "Content-Length: 100000\r\n"] {
      let seen = Seen()
      var scenario = try ProxyScenario(
        [.server([.awaitBytes(.max)])], wrapped: wrapped, routes: { seen.watch(&$0) })
      let client = scenario.ask(
        Heads.front("/x", "POST", length) + "some", method: "POST",
        then: [.pause(.seconds(1)), .close])
      scenario.run()
      #expect(client.answers.isEmpty)
      #expect(seen.all == [499], "\(length)")
      scenario.end()
    }
  }

  private struct Judging: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      if input.query("stop") != nil { return .text("stopped", status: .forbidden) }
      let answer = try await next(input)
      if input.query("throw") != nil { throw HTTPError(.conflict) }
      return answer.status == .badGateway ? .text("sorry", status: .serviceUnavailable) : answer
    }
  }

  @Test func `middleware that answers for the proxy, or throws behind its answer`() throws {
    for (target, steps, status) in [
      ("/x?stop=1", [SimulatedPeer.Step.send(Self.short)], 403), ("/x?throw=1", [.send(Self.short)], 201),
      ("/x", [.close], 503), ("/x", [.send(Self.short)], 201),
    ] {
      let seen = Seen()
      let bytes = Heads.behind(target).utf8.count
      var scenario = try ProxyScenario(
        [.server(after: bytes, steps)],
        routes: {
          seen.watch(&$0)
          $0.intercept(Judging())
        })
      let client = scenario.ask(Heads.front(target))
      scenario.run()
      #expect(client.answers.map(\.status) == [status], "\(target)")
      #expect(seen.all == [UInt16(status)], "\(target)")
      scenario.end()
    }
  }

  @Test(arguments: [false, true])
  func `one hook says what a proxy answers that has no answer`(wrapped: Bool) throws {
    var scenario = try ProxyScenario(
      [.server([.close])], wrapped: wrapped,
      routes: {
        $0.onError { _, failure, response in
          response = .text("\(failure.status.code): \(failure.detail)", status: failure.status)
        }
      })
    let client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.text) == ["502: the server behind did not answer"])
    #expect(scenario.simulation.reactor.core.exchanges.errorCount == 1)
    scenario.end()
  }

  @Test func `a request has one id at a server that takes underscores for dashes, too`() throws {
    for name in ["X_Request_Id", "x-request_id", "X_REQUEST_ID"] {
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      let named = Lock<String>("")
      var scenario = try ProxyScenario([server]) {
        $0.passesUnderscores = true
      } routes: {
        $0.add(.requestID())
        $0.before { request in
          let id = request.id
          named.withLock { $0 = id }
          return nil
        }
      }
      scenario.ask(Heads.front("/x", "GET", "X_Other: 1\r\n\(name): 6\r\n"))
      scenario.run(for: .milliseconds(10))
      let id = named.withLock { $0 }
      #expect(server.receivedText == Heads.behind("/x", "GET", "X_Other: 1\r\nX-Request-Id: \(id)\r\n"))
      scenario.end()
    }
  }

  private struct Answering: Middleware {
    let change: @Sendable (inout Response) -> Void
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      var answer = try await next(input)
      change(&answer)
      return answer
    }
  }

  @Test(arguments: [false, true])
  func `a page of a middleware's own stands, and the failure behind it is counted`(
    fallsBack: Bool
  ) throws {
    var scenario = try ProxyScenario(
      [.server([.close])],
      routes: {
        $0.onError { _, failure, response in response = .plain(failure.status) }
        $0.intercept(Answering { $0 = .text("sorry", status: fallsBack ? .ok : .badGateway) })
      })
    let client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.text) == ["sorry"])
    #expect(scenario.simulation.reactor.core.exchanges.errorCount == (fallsBack ? 0 : 1))
    scenario.end()
  }

  @Test func `a failure to which a middleware adds a field is still an error`() throws {
    var scenario = try ProxyScenario(
      [.server([.close])],
      routes: {
        $0.onError { _, failure, response in
          let fields = response.fields
          response = .text(failure.detail, status: failure.status)
          response.fields = fields
        }
        $0.intercept(Answering { $0.fields.append(ResponseField("X-M", "yes")) })
      })
    let client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.status) == [502])
    #expect(client.answers.first?.text == "the server behind did not answer")
    #expect(client.answers.first?["X-M"] == "yes")
    #expect(scenario.simulation.reactor.core.exchanges.errorCount == 1)
    scenario.end()
  }

  @Test(arguments: [false, true], [false, true])
  func `a request that is not passed on is an error, and says why`(wrapped: Bool, isCrowded: Bool) throws {
    let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    var scenario = try ProxyScenario(
      [server], wrapped: wrapped,
      routes: {
        $0.onError { _, failure, response in response = .text(failure.detail, status: failure.status) }
      })
    let client =
      isCrowded
      ? scenario.ask(
        Heads.front("/x", "GET", "Connection: x\(String(repeating: ", x", count: 200))\r\n"))
      : scenario.ask(Heads.front("/x", "OPTIONS", "Max-Forwards: many\r\n"), method: "OPTIONS")
    scenario.run()
    #expect(client.answers.map(\.status) == [400])
    #expect(
      client.answers.first?.text
        == (isCrowded ? "Connection names too many fields" : "Max-Forwards is no number"))
    #expect(server.received.isEmpty && scenario.simulation.reactor.core.exchanges.errorCount == 0)
    scenario.end()
  }

  private struct Repeating: Middleware {
    func intercept(input: borrowing Request, next: Next) async throws -> Response {
      let answer = try await next(input)
      return answer.status == .badGateway ? try await next(input) : answer
    }
  }

  @Test func `a second attempt without the body has the first one's failure`() throws {
    let bytes = Heads.behind("/x", "POST", "Content-Length: 4\r\n").utf8.count + 4
    var scenario = try ProxyScenario(
      [.server(after: bytes, [.close])],
      routes: {
        $0.onError { _, failure, response in response = .text(failure.detail, status: failure.status) }
        $0.intercept(Repeating())
      })
    let client = scenario.ask(
      Heads.front("/x", "POST", "Content-Length: 4\r\n"), method: "POST",
      then: [.pause(.milliseconds(10)), .send("body")])
    scenario.run()
    #expect(client.answers.map(\.status) == [502])
    #expect(client.answers.first?.text == "the server behind did not answer")
    #expect(scenario.simulation.reactor.core.exchanges.errorCount == 1)
    scenario.end()
  }

  @Test(arguments: [false, true])
  func `a request that no relay is free for is an error`(wrapped: Bool) throws {
    var scenario = try ProxyScenario(
      [], wrapped: wrapped,
      routes: {
        $0.onError { _, failure, response in response = .text(failure.detail, status: failure.status) }
      })
    scenario.simulation.reactor.core.relays.limit = 0
    let client = scenario.ask(Heads.front())
    scenario.run()
    #expect(client.answers.map(\.text) == ["the server behind has no connection free"])
    #expect(scenario.simulation.reactor.core.exchanges.errorCount == 1)
    scenario.end()
  }

  @Test(arguments: [false, true])
  func `a request has one id, here and at the server behind`(wrapped: Bool) throws {
    for (given, trusts) in [(nil, true), ("abc-1", true), ("abc-1", false), ("bad id", true)]
      as [(String?, Bool)]
    {
      let named = Lock<String>("")
      // What is asked is as long as its id.
      let server = SimulatedPeer.server(after: 40, [.send(Self.short)])
      var scenario = try ProxyScenario(
        [server], wrapped: wrapped,
        routes: {
          $0.add(.requestID(trustsClient: trusts))
          $0.before { request in
            let id = request.id
            named.withLock { $0 = id }
            return nil
          }
        })
      let field = given.map { "X-Request-ID: \($0)\r\n" } ?? ""
      let client = scenario.ask(Heads.front("/x", "GET", field))
      scenario.run()
      let id = named.withLock { $0 }
      #expect((id == given) == (given == "abc-1" && trusts))
      #expect(client.answers.first?["X-Request-Id"] == id)
      #expect(server.receivedText == Heads.behind("/x", "GET", "X-Request-Id: \(id)\r\n"))
      scenario.end()
    }
  }
}

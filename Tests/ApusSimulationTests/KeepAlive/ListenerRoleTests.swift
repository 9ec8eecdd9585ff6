// What a request inherits from the listener that its connection came by: its site's handler, and its scheme.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct ListenerRoleTests {
  /// A response that may be given again.
  private static func repeatable(_ content: String, at now: Instant) -> Response {
    let fields = Array("X-Made: here\r\n".utf8)
    let content = Array(content.utf8)
    let bytes = SharedBytes(capacity: fields.count + content.count, firstPartBytes: fields.count) { output in
      for byte in fields + content { output.append(byte) }
    }
    let until = Instant(nanoseconds: now.nanoseconds + 900_000_000)
    return Response(status: .ok, body: .rendered(bytes, repeatableUntil: until))
  }

  /// Responds with the site's name and the request's scheme, which may be given again, once a body is here.
  private static func site(_ name: String) -> Handler {
    Handler(
      plan: { _ in .collect(upTo: 100) },
      respond: { request in repeatable("\(name) \(request.scheme)", at: request.now) })
  }

  private static let roles = [
    ListenerRole(site: 0), ListenerRole(site: 1, isSecured: true), ListenerRole(site: 1),
  ]

  /// What requests for `target` are answered on one connection by each listener, in turns.
  private static func bodies(_ target: String, requests: Int) -> [[String]] {
    var scenario = Scenario(roles: roles, handler: Handler(sites: [site("plain"), site("other")])) {
      $0.listenerCount = roles.count
    }
    let peers = roles.indices.map { listener in
      let request = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
      let peer = SimulatedPeer(
        steps: repeated(requests) { _ in [.send(request), .pause(.milliseconds(10))] })
      peer.listener = listener
      scenario.add(peer)
      return peer
    }
    scenario.simulation.run(for: .seconds(1))
    scenario.end()
    return peers.map { $0.answers.map { String(decoding: $0.body, as: UTF8.self) } }
  }

  @Test func `each listener is answered by its site, and never with what another has answered before`() {
    let bodies = Self.bodies("/same", requests: 6)
    let expected = ["plain http", "other https", "other http"]
    for listener in expected.indices {
      #expect(bodies[listener] == Array(repeating: expected[listener], count: 6))
    }
  }

  @Test func `a target in absolute form does not make its connection an encrypted one`() {
    let bodies = Self.bodies("https://a/", requests: 1)
    #expect(bodies == [["plain http"], ["other https"], ["other http"]])
  }

  /// A connection by a listener.
  private static func peer(_ listener: Int, _ steps: [SimulatedPeer.Step]) -> SimulatedPeer {
    let peer = SimulatedPeer(steps: steps)
    peer.listener = listener
    return peer
  }

  private static func texts(_ peer: SimulatedPeer) -> [String] {
    peer.answers.map { String(decoding: $0.body, as: UTF8.self) }
  }

  @Test func `a request whose body comes later keeps its listener, whoever asks meanwhile`() {
    var scenario = Scenario(
      roles: Self.roles, handler: Handler(sites: [Self.site("plain"), Self.site("other")])
    ) { $0.listenerCount = Self.roles.count }
    let head = "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
    let slow = Self.peer(0, [.send(head + "ab"), .pause(.milliseconds(20)), .send("cd"), .awaitAnswers(1)])
    let other = Self.peer(1, [.pause(.milliseconds(10)), .send(get("1")), .awaitAnswers(1)])
    scenario.add(slow)
    scenario.add(other)
    scenario.simulation.run(for: .seconds(1))
    #expect(Self.texts(slow) == ["plain http"] && Self.texts(other) == ["other https"])
    scenario.end()
  }

  @Test func `a response that comes later is given again to its own listener's clients alone`() {
    var scenario = Scenario(
      roles: Self.roles,
      handler: asynchronous { request in
        let (content, now) = ("site \(request.role.site)", request.now)
        if text(request.path) == "/same" { await Core.current?.executor.sleep(for: .milliseconds(20)) }
        return Self.repeatable(content, at: now)
      }
    ) { $0.listenerCount = Self.roles.count }
    let same = "GET /same HTTP/1.1\r\nHost: a\r\n\r\n"
    // Each of its responses comes when the other listener's request was the last to be parsed.
    let first = Self.peer(0, repeated(3) { [.send(same), .awaitAnswers($0 + 1)] })
    let between = Self.peer(2, repeated(20) { _ in [.send(get("1")), .pause(.milliseconds(5))] })
    let second = Self.peer(2, [.pause(.milliseconds(110)), .send(same), .awaitAnswers(1)])
    for peer in [first, between, second] { scenario.add(peer) }
    scenario.simulation.run(for: .milliseconds(500))
    #expect(Self.texts(first) == ["site 0", "site 0", "site 0"])
    #expect(Self.texts(second) == ["site 1"])
    scenario.end()
  }
}

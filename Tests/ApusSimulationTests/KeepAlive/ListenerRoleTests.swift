// What a request inherits from the listener that its connection came by: its site's handler, and its scheme.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct ListenerRoleTests {
  /// Answers with the site's name and the request's scheme, and calls that repeatable.
  private static func site(_ name: String) -> Handler {
    let respond = { (request: borrowing Request) -> Response in
      let fields = Array("X-Site: \(name)\r\n".utf8)
      let content = Array("\(name) \(request.scheme)".utf8)
      let bytes = SharedBytes(capacity: fields.count + content.count, firstPartBytes: fields.count) {
        output in
        for byte in fields + content { output.append(byte) }
      }
      let until = Instant(nanoseconds: request.now.nanoseconds + 900_000_000)
      return Response(status: .ok, body: .rendered(bytes, repeatableUntil: until))
    }
    return Handler(plan: { request in .answer(respond(request)) }, respond: respond)
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
}

import Apus
import ApusTesting
import Testing

/// Which targets pass a proxy, and how.
@Suite struct ProxyPathTests {
  @Test(arguments: [
    "/@scope%2fpkg", "/api/v4/projects/group%2Fname", "/a%252Fb", "/a%25252fb", "/caf%E9/%FF%fe",
    "/%5cx/a%5Cb",
    "/a%2F%2fb", "/%c0%af", "/...%2f..a%2Fa..", "/%25", "/x%2F?q=%2f..%2f..",
  ])
  func `an escaped slash and escaped bytes that are not UTF-8 are handed on as they came`(target: String)
    throws
  {
    let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front(target))
    scenario.run(for: .milliseconds(10))
    #expect(server.receivedText == Heads.behind(target) && client.answers.isEmpty)
    scenario.end()
  }

  @Test(arguments: [
    "/..%2f..%2fadmin", "/x/..%2F", "/x/%2e%2E%2fadmin", "/..%5c", "/a%2f..", "/a%5C..%5cb", "/a%2f.%2fb",
    "/.%2f",
    "/%2f..", "/a%2f%2e", "/%c0%ae%c0%ae/admin", "/..%c0%afadmin", "/%e0%80%ae./admin%2f",
    "/%f0%80%80%ae.%2fx",
    "/..%c1%9cadmin", "/a%00", "/a%2f%00", "/a\\b", "/%", "/%2",
  ])
  func `a segment that is a dot segment to a server that decodes more is not passed on`(target: String)
    throws
  {
    let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
    var scenario = try ProxyScenario([server])
    let client = scenario.ask(Heads.front(target))
    scenario.run(for: .milliseconds(10))
    #expect(client.answers.map(\.status) == [400] && server.received.isEmpty)
    scenario.end()
  }

  @Test func `an escaped slash does not end a prefix, and passes behind one that is taken off`() throws {
    for (target, expected) in [
      ("/api/group%2Fname", "/group%2Fname"), ("/api/%FF", "/%FF"), ("/api%2Fx", nil), ("/api%2F..%2Fx", nil),
    ] as [(String, String?)] {
      var proxy = ProxyConfiguration(upstreams: ["http://10.0.0.1"])
      proxy.forwarded = []
      proxy.stripsPrefix = true
      var router = Router()
      router.proxy("/api", proxy)
      var world = SimulatedKernel.Configuration()
      world.ownSlotCount = 4
      var simulation = Simulation(world, handler: try router.makeHandler(collectBytes: 1 << 20))
      let server = SimulatedPeer("server", steps: [.awaitBytes(.max)])
      simulation.kernel.serve(server)
      let client = SimulatedPeer("client", methods: ["GET"], steps: [.send(Heads.front(target))])
      simulation.kernel.add(client)
      simulation.run(for: .milliseconds(10))
      #expect(server.receivedText == (expected.map { Heads.behind($0) } ?? ""), "\(target)")
      #expect(client.answers.isEmpty == (expected != nil), "\(target)")
      simulation.stop()
      let finished = simulation.finish()
      #expect(finished)
    }
  }
}

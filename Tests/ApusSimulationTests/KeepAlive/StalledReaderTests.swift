// Peers that read nothing, and peers that read seldom: only the first are given up, after
// the time that is promised.

import Apus
import ApusEngine
import ApusRing
import ApusTestSupport
import ApusTesting
import Testing

@Suite struct StalledReaderTests {
  /// Whatever fills a connection: memory, a file, a writer, events, another server's answer, a tunnel.
  private static let kinds = ["/bytes", "/files/large", "/flow", "/events", "/relayed", "/tunnel"]
  private static let content = pattern("stalled", 1_500_000)

  private static func scenario(_ kind: String, _ tree: TemporaryTree) throws -> ProxyScenario {
    var timeouts = Timeouts()
    timeouts.minimumRate = 0
    let isTunnel = kind == "/tunnel"
    let head =
      isTunnel
      ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"
      : "HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n"
    let server = SimulatedPeer.server(
      after: Heads.behind(kind, "GET", isTunnel ? "Connection: Upgrade\r\nUpgrade: echo\r\n" : "").utf8.count,
      [.send(Array(head.utf8) + content)])
    return try ProxyScenario(
      kind == "/relayed" || isTunnel ? [server] : [], timeouts: timeouts,
      routes: { router in
        router.get("/bytes") { _ in .bytes(content) }
        router.files("/files", root: tree.path)
        router.on(.get, "/flow") { _, _, sender in
          var writer = try sender.start()
          for start in stride(from: 0, to: content.count, by: 10_000) {
            try await writer.write(Array(content[start..<start + 10_000]))
          }
          try writer.finish()
        }
        router.events("/events") { _, events in
          for start in stride(from: 0, to: content.count, by: 1000) {
            try await events.send(String(decoding: content[start..<start + 1000], as: UTF8.self))
          }
        }
      })
  }

  private static func request(_ kind: String) -> String {
    Heads.front(kind, "GET", kind == "/tunnel" ? "Connection: keep-alive, Upgrade\r\nUpgrade: echo\r\n" : "")
  }

  private static func tree() -> TemporaryTree {
    let tree = TemporaryTree()
    tree.file("large", content)
    return tree
  }

  @Test(arguments: kinds)
  func `a peer that reads nothing is reset after the stall, whatever the buffers have room for`(
    _ kind: String
  ) throws {
    for window in [1000, 65_536, 300_000] {
      // Nothing, a tenth once, and a tenth with each of the first three sends.
      for most in [0, window / 10, 3 * (window / 10)] {
        let tree = Self.tree()
        var scenario = try Self.scenario(kind, tree)
        let peer = scenario.ask(Self.request(kind))
        peer.reading = .never
        peer.windowBytes = window
        peer.windowGrowth = (window / 10, most)
        scenario.run(for: .seconds(200))
        let time = peer.resetAt.map { scenario.seconds($0) } ?? 1000
        #expect(time >= 26 && time <= 34, "\(time) s, a window of \(window) bytes and \(most) more")
        scenario.end()
      }
    }
  }

  @Test(arguments: kinds)
  func `a peer that reads a little now and then gets everything`(_ kind: String) throws {
    for window in [70_000, 1_000_000] {
      let tree = Self.tree()
      var scenario = try Self.scenario(kind, tree)
      let peer = scenario.ask(Self.request(kind))
      // Less than the third of the buffer of which the kernel would tell.
      peer.reading = .slow(bytes: 20_000, every: 25_000_000_000)
      peer.windowBytes = window
      peer.closesAtEnd = false
      scenario.run(for: .seconds(25 * 80))
      #expect(peer.resetAt == nil, "\(peer.receivedBytes) bytes, a window of \(window)")
      #expect(peer.receivedBytes > Self.content.count)
      scenario.end()
    }
  }

  @Test func `a slow peer gets a file that leaves memory meanwhile`() throws {
    // Just before one of its reads, each at another moment between two looks.
    for second in stride(from: 99, to: 1000, by: 25) {
      let tree = Self.tree()
      var scenario = try Self.scenario("/files/large", tree)
      let peer = scenario.ask(Self.request("/files/large"))
      peer.reading = .slow(bytes: 20_000, every: 25_000_000_000)
      peer.windowBytes = 70_000
      peer.closesAtEnd = false
      scenario.run(for: .seconds(second))
      tree.evict("large")
      scenario.run(for: .seconds(25 * 80 - second))
      #expect(peer.resetAt == nil, "\(peer.receivedBytes) bytes, evicted at \(second) s")
      #expect(peer.receivedBytes > Self.content.count)
      scenario.end()
    }
  }
}

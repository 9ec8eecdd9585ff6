// The access log tells what became of an answer: what of it left, whether it was cut, and how long that took.

import ApusEngine
import ApusRing
import ApusTesting
import ApusWire
import Testing

@Suite struct LoggedAnswerTests {
  /// What answers these requests with the same bytes each time: from memory that is copied, from memory where
  /// it lies, from a file, from a task, in chunks and in pieces of an announced length.
  static let targets = ["/n/1?9000", "/n/1?100000", "/f/1?100000", "/a/1?100000", "/s/1?30001", "/s/1?30000"]

  private static func request(_ target: String, _ method: String = "GET") -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
  }

  /// Bytes on the wire, and of content, of a whole answer.
  private func size(_ target: String) -> (wire: Int, content: Int) {
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(Self.request(target))])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(2))
    let content = peer.answers.first?.body.count ?? 0
    #expect(scenario.kernel.logLines.map(\.bytes) == [content], "\(target)")
    #expect(scenario.kernel.logLines.allSatisfy { !$0.isCut && $0.status == 200 }, "\(target)")
    scenario.end()
    return (peer.receivedBytes, content)
  }

  @Test(arguments: targets)
  func `an answer that its peer does not take is logged with what left of it, and as cut`(target: String) {
    let whole = size(target)
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(Self.request(target))])
    peer.reading = .never
    peer.windowBytes = 5000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    #expect(scenario.kernel.logLines.isEmpty, "it is still under way")
    scenario.simulation.run(for: .seconds(195))
    let lines = scenario.kernel.logLines
    #expect(lines.count == 1 && lines.allSatisfy(\.isCut), "\(lines)")
    #expect(lines.first?["request"] == "GET \(target) HTTP/1.1")
    // What the kernel took is the window: the head, content, and what frames chunks, which is none of it.
    let framed = whole.wire - whole.content
    if target == "/s/1?30001" {
      #expect(lines.allSatisfy { (5000 - framed..<4950).contains($0.bytes) }, "\(lines)")
    } else {
      #expect(lines.map(\.bytes) == [5000 - framed])
    }
    #expect(lines.allSatisfy { $0.seconds > 10 && $0.seconds < 100 }, "\(lines)")
    scenario.end()
  }

  @Test func `the framing of chunks is not counted, wherever the response is cut`() {
    for window in [1000, 1001, 1050, 1099, 1105, 1106] {
      let handler = streaming { _, exchange in
        try exchange.start(Response(status: 200), length: nil)
        for _ in 0..<20 {
          try exchange.write(copying: [UInt8](repeating: 65, count: 100).span)
          try await exchange.flush()
        }
        try exchange.finish(trailers: [])
      }
      var whole = Scenario(handler: handler, accessLog: .simulated)
      let reader = SimulatedPeer(steps: [.send(get("1"))])
      whole.add(reader)
      whole.simulation.run(for: .seconds(1))
      #expect(whole.kernel.logLines.map(\.bytes) == [2000])
      whole.end()
      // 20 chunks of 4 + 100 + 2 bytes, and the last of 5.
      let head = reader.receivedBytes - 20 * 106 - 5

      var scenario = Scenario(handler: handler, accessLog: .simulated)
      let peer = SimulatedPeer(steps: [.send(get("1"))])
      peer.reading = .never
      peer.windowBytes = window
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(200))
      let (chunks, rest) = (window - head).quotientAndRemainder(dividingBy: 106)
      let content = 100 * chunks + min(100, max(0, rest - 4))
      #expect(scenario.kernel.logLines.map(\.bytes) == [content], "\(window) bytes were taken")
      scenario.end()
    }
  }

  @Test(arguments: targets)
  func `a reset in the midst of an answer is logged with what left before`(target: String) {
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(Self.request(target)), .pause(.seconds(3)), .reset])
    peer.reading = .slow(bytes: 1000, every: 1_000_000_000)
    peer.windowBytes = 4000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(10))
    let lines = scenario.kernel.logLines
    #expect(lines.count == 1 && lines.allSatisfy { $0.isCut && $0.status == 200 }, "\(lines)")
    // The window, and what was read out of it until then.
    #expect(lines.allSatisfy { (4000...7100).contains($0.bytes + 150) }, "\(lines)")
    #expect(lines.allSatisfy { (2.9...3.5).contains($0.seconds) }, "\(lines)")
    scenario.end()
  }

  @Test(arguments: targets)
  func `the line of an answer that is taken slowly comes with its end, and tells how long it took`(
    target: String
  ) {
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(Self.request(target)), .send(Self.request("/n/2?0"))])
    peer.reading = .slow(bytes: 1000, every: 100_000_000)
    peer.windowBytes = 4000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    let time = scenario.seconds(peer.answers.first?.time) ?? 0
    let lines = scenario.kernel.logLines
    #expect(lines.count == 2 && lines.allSatisfy { !$0.isCut }, "\(lines)")
    #expect(lines.first?.bytes == peer.answers.first?.body.count)
    // The last window's worth was with our kernel before the peer had read it.
    #expect(abs((lines.first?.seconds ?? 0) - time) < 0.6, "\(lines), read in \(time) s")
    // The second request came along with the first.
    #expect(abs((lines.last?.seconds ?? 0) - time) < 0.6, "\(lines)")
    let longest = Double(scenario.simulation.reactor.table.counters.latency.maximum) / 1e9
    #expect(abs(longest - time) < 0.6, "\(longest) s")
    #expect(scenario.simulation.reactor.table.counters.latency.count == 2)
    scenario.end()
  }

  @Test func `if pipelined responses are sent together, those that were sent are whole and the others cut`() {
    var scenario = Scenario(accessLog: .simulated)
    let peer = SimulatedPeer(steps: [.send(get("1", size: 10) + get("2", size: 700) + get("3", size: 9000))])
    peer.reading = .never
    peer.windowBytes = 2000
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(200))
    let lines = scenario.kernel.logLines
    #expect(lines.map(\.isCut) == [false, false, true], "\(lines)")
    #expect(lines.prefix(2).map(\.bytes) == [14, 704], "\(lines)")
    #expect((1...2000).contains(lines.last?.bytes ?? 0), "\(lines)")
    scenario.end()
  }

  @Test func `answers without content, and those that came again, have their lines`() {
    var scenario = Scenario(accessLog: .simulated)
    let requests = [
      Self.request("/n/1?100000", "HEAD"), Self.request("/s/1?50001", "HEAD"), get("2", size: 5),
    ]
    let peer = SimulatedPeer(methods: ["HEAD", "HEAD", "GET"], steps: [.send(requests.joined())])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(2))
    #expect(scenario.kernel.logLines.map(\.bytes) == [0, 0, 9])
    #expect(scenario.kernel.logLines.allSatisfy { !$0.isCut })
    scenario.end()
  }

  @Test func `a tunnel is logged when it ends, with what went to the client`() {
    let handler = streaming { _, exchange in
      try exchange.upgrade(to: "echo", fields: [])
      while let chunk = try await exchange.read() { try await exchange.write(chunk) }
      try exchange.finish(trailers: [])
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
    let peer = SimulatedPeer(steps: [
      .send(head), .pause(.seconds(1)), .send("hello"), .pause(.seconds(1)), .halfClose,
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    let lines = scenario.kernel.logLines
    #expect(lines.map(\.status) == [101] && lines.map(\.bytes) == [5], "\(lines)")
    #expect(lines.allSatisfy { !$0.isCut && (1.9...2.6).contains($0.seconds) }, "\(lines)")
    scenario.end()
  }

  @Test func `a stream that its handler gives up is cut`() {
    let handler = streaming { _, exchange in
      try exchange.start(Response(status: 200), length: nil)
      try exchange.write(copying: Array("abc".utf8).span)
      try await exchange.flush()
      exchange.abort()
    }
    var scenario = Scenario(handler: handler, accessLog: .simulated)
    scenario.add(SimulatedPeer(steps: [.send(get("1"))]))
    scenario.simulation.run(for: .seconds(5))
    let lines = scenario.kernel.logLines
    #expect(lines.map(\.bytes) == [3] && lines.allSatisfy(\.isCut), "\(lines)")
    scenario.end()
  }

  @Test func `lines that wait behind a slow reader are bounded`() {
    var scenario = Scenario(accessLog: .simulated) { $0.slotCount = 8 }
    let long = String(repeating: "x", count: 4000)
    let requests = (0..<400).map { get("\($0)", fields: "Referer: \(long)\r\nUser-Agent: \(long)\r\n") }
    let peer = SimulatedPeer(steps: [.send(requests.joined())])
    peer.reading = .slow(bytes: 100, every: 10_000_000)
    peer.windowBytes = 300
    scenario.add(peer)
    var most = 0
    for _ in 0..<4000 where peer.answers.count < 400 {
      scenario.simulation.run(for: .milliseconds(10))
      most = max(most, scenario.heldBytes)
    }
    #expect(peer.answers.count == 400)
    #expect(most <= 1 << 20, "\(most) bytes")
    scenario.simulation.run(for: .seconds(1))
    #expect(scenario.kernel.logLines.count == 400)
    scenario.end()
  }
}

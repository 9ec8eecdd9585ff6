// Answers from files: large ones piece by piece, behind slow peers, and files that change under an answer.

import ApusEngine
import ApusRing
import ApusTestSupport
import ApusTesting
import ApusWire
import Testing

@Suite struct SimulatedFileTests {
  static let contents = pattern("file", 700_000)

  /// Answers every request with the first `?n` bytes of one file, without waiting for a body.
  static func handler(_ tree: TemporaryTree) throws -> Handler {
    let root = try RootDirectory(path: tree.path)
    let source = FileSource(try root.open("file".utf8.span, following: .never))
    let respond = { (request: borrowing Request) -> Response in
      Response(status: 200, body: .file(FileBody(source, range: 0..<(Int(text(request.query)) ?? 0))))
    }
    return Handler(plan: { request in .answer(respond(request)) }, respond: respond)
  }

  static func tree() -> TemporaryTree {
    let tree = TemporaryTree()
    tree.file("file", contents)
    return tree
  }

  @Test func `files arrive whole and in order, small and large, cold and warm, to slow peers too`() throws {
    for isCold in [false, true] {
      for reading: SimulatedPeer.Reading in [.eager, .slow(bytes: 9000, every: 1_000_000)] {
        let tree = Self.tree()
        if isCold { tree.evict("file") }
        var scenario = Scenario(handler: try Self.handler(tree))
        let sizes = [1, 700_000, 16_384, 0, 300_000]
        let peer = SimulatedPeer(steps: [.send(sizes.map { get("1", size: $0) }.joined())])
        peer.reading = reading
        scenario.add(peer)
        scenario.simulation.run(for: .seconds(5))
        #expect(peer.answers.map(\.body.count) == sizes)
        #expect(peer.answers.allSatisfy { $0.body == Array(Self.contents.prefix($0.body.count)) })
        scenario.end()
      }
    }
  }

  @Test func `a file that cannot be sent uncopied, now and then or ever, arrives by way of memory`() throws {
    for probability in [0.3, 1] { try expectWholeFiles { $0.faults = .only(.noFileSocket, probability) } }
  }

  /// Pipelined requests for files, long and short, have all of them, though the peer reads slowly.
  private func expectWholeFiles(
    isCold: Bool = false, _ configure: (inout SimulatedKernel.Configuration) -> Void
  ) throws {
    let tree = Self.tree()
    if isCold { tree.evict("file") }
    var scenario = Scenario(handler: try Self.handler(tree), configure)
    let sizes = [700_000, 3, 300_000]
    let peer = SimulatedPeer(steps: [.send(sizes.map { get("1", size: $0) }.joined())])
    peer.reading = .slow(bytes: 9000, every: 1_000_000)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(5))
    #expect(peer.answers.map(\.body.count) == sizes)
    #expect(peer.answers.allSatisfy { $0.body == Array(Self.contents.prefix($0.body.count)) })
    scenario.end()
  }

  @Test func `a peer that takes a file slowly gets all of it, and one that takes nothing is reset`() throws {
    let slow = SimulatedPeer.Reading.slow(bytes: 300, every: 1_000_000_000)
    for (reading, leavesMemory) in [(slow, false), (slow, true), (.never, false), (.never, true)] {
      let tree = Self.tree()
      var scenario = Scenario(handler: try Self.handler(tree))
      let peer = SimulatedPeer(steps: [.send(get("1", size: 100_000))])
      peer.reading = reading
      // A third of it takes the peer two of the stall's periods.
      peer.windowBytes = 54_000
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(10))
      if leavesMemory { tree.evict("file") }
      scenario.simulation.run(for: .seconds(400))
      if reading == .never {
        #expect(scenario.count(.sendTimeout) == 1)
        #expect((30...90).contains(scenario.seconds(peer.resetAt) ?? 0))
      } else {
        let isWhole = peer.answers.map(\.body) == [Array(Self.contents.prefix(100_000))]
        #expect(isWhole)
      }
      scenario.end()
    }
  }

  @Test func `a file that leaves memory while a slow peer is waited for arrives whole`() throws {
    let tree = Self.tree()
    var scenario = Scenario(handler: try Self.handler(tree))
    let peer = SimulatedPeer(steps: [.send(get("1", size: 700_000))])
    peer.reading = .slow(bytes: 9000, every: 1_000_000)
    scenario.add(peer)
    for _ in 0..<5 {
      scenario.simulation.run(for: .milliseconds(5))
      tree.evict("file")
    }
    scenario.simulation.run(for: .seconds(5))
    let isWhole = peer.answers.map(\.body) == [Self.contents]
    #expect(isWhole)
    scenario.end()
  }

  @Test(arguments: [true, false])
  func `a file that shrinks under its answer ends the connection with a reset`(driverReads: Bool) throws {
    let tree = Self.tree()
    var scenario = Scenario(handler: try Self.handler(tree)) { $0.readsSends = driverReads }
    let peer = SimulatedPeer(steps: [.send(get("1", size: 700_000) + get("2", size: 5))])
    peer.reading = .slow(bytes: 9000, every: 1_000_000)
    scenario.add(peer)
    scenario.simulation.run(for: .milliseconds(5))
    tree.truncate("file", to: 400_000)
    scenario.simulation.run(for: .seconds(5))
    #expect(peer.answers.count == 0)
    #expect(peer.resetAt != nil && peer.endedAt == nil)
    #expect(scenario.count(.fileChanged) == 1)
    scenario.end()
  }

  @Test func `where the driver reads what is sent, files arrive whole`() throws {
    for isCold in [false, true] { try expectWholeFiles(isCold: isCold) { $0.readsSends = true } }
  }

  /// What may happen to a file while it is sent, without it becoming shorter than what was promised of it.
  private static let harmlessChanges: [(name: String, make: @Sendable (TemporaryTree) -> Void)] = [
    ("appended to", { $0.append("file", "one more line") }),
    ("touched", { $0.touch("file", seconds: 1_600_000_000) }),
    ("chmod", { $0.chmod("file", 0o600) }),
    (
      "renamed over",
      { tree in
        tree.file("other", "x")
        tree.rename("other", to: "file")
      }
    ),
    ("unlinked", { $0.remove("file") }),
    ("shortened beyond what was promised", { $0.truncate("file", to: 600_000) }),
    (
      "shrunk and grown again",
      { tree in
        tree.truncate("file", to: 10)
        tree.file("file", contents)
      }
    ),
  ]

  @Test(arguments: harmlessChanges.indices, [0.0, 1])
  func `what leaves a file long enough never ends an answer from it`(change: Int, copies: Double) throws {
    for isCold in [false, true] {
      let tree = Self.tree()
      var scenario = Scenario(handler: try Self.handler(tree)) { $0.faults = .only(.noFileSocket, copies) }
      let peer = SimulatedPeer(steps: [.send(get("1", size: 600_000) + get("2", size: 5))])
      peer.reading = .slow(bytes: 9000, every: 1_000_000)
      scenario.add(peer)
      scenario.simulation.run(for: .milliseconds(5))
      if isCold { tree.evict("file") }
      Self.harmlessChanges[change].make(tree)
      scenario.simulation.run(for: .seconds(5))
      #expect(peer.answers.map(\.body.count) == [600_000, 5], "\(Self.harmlessChanges[change].name)")
      let isRight = peer.answers.first?.body == Array(Self.contents.prefix(600_000))
      #expect(isRight, "\(Self.harmlessChanges[change].name)")
      scenario.end()
    }
  }

  @Test func `a body behind an early answer from a file is never taken for a request`() throws {
    for size in [5, 300_000] {
      let tree = Self.tree()
      var scenario = Scenario(handler: try Self.handler(tree))
      let smuggled = get("smuggled", size: 3)
      let head = "POST /n/1?\(size) HTTP/1.1\r\nHost: a\r\nContent-Length: \(smuggled.utf8.count)\r\n\r\n"
      let peer = SimulatedPeer(steps: [
        .send(head), .pause(.milliseconds(100)), .send(smuggled), .send(get("2", size: 9)),
      ])
      scenario.add(peer)
      scenario.simulation.run(for: .seconds(5))
      #expect(peer.answers.first?.body.count == size)
      #expect(!peer.answers.contains { $0.body.count == 3 })
      #expect(peer.endedAt != nil || peer.answers.count == 2)
      scenario.end()
    }
  }
}

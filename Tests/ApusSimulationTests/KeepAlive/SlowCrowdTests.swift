// K15: crowds of slow peers. What each holds is bounded, and its time ends.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite struct SlowCrowdTests {
  /// What a peer is slow in.
  enum Kind: CaseIterable {
    case head, body, chunks, reading

    func peer(_ number: Int) -> SimulatedPeer {
      let drops = { (text: String) in repeated(60) { _ in [.send(text), .pause(.seconds(1))] } }
      switch self {
      case .head: return SimulatedPeer(steps: [.send("GET /n/1 HTTP/1.1\r\nX: ")] + drops("y"))
      case .body:
        return SimulatedPeer(steps: [.send(post("\(number)", bytes: 20_000))] + drops("some bytes"))
      case .chunks:
        return SimulatedPeer(
          steps: [.send("POST /n/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")]
            + drops("1\r\nx\r\n"))
      case .reading:
        let peer = SimulatedPeer(steps: [.send(get("\(number)", size: 100_000))])
        peer.reading = .slow(bytes: 500, every: 10_000_000_000)
        return peer
      }
    }

    /// When the last of them has ended. What a peer's window has taken counts for its rate,
    /// so a reader lasts longest.
    var limit: Duration { self == .reading ? .seconds(1800) : .seconds(60) }

    /// What one of them may hold of blocks.
    var bytesEach: Int {
      switch self {
      case .head, .chunks: 4096
      case .body: 32 << 10
      case .reading: 260 << 10
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func `a crowd of slow peers holds no more than its bounds, and all have ended in time`(_ kind: Kind) {
    let count = 30
    var scenario = Scenario {
      $0.slotCount = count
      $0.bufferCount = 256
    }
    for number in 0..<count { scenario.add(kind.peer(number)) }
    scenario.simulation.run(for: .seconds(7))
    #expect(scenario.openCount == count)
    let held = scenario.heldBytes
    #expect(held > 0 && held <= count * kind.bytesEach, "\(held / count) bytes each")
    scenario.simulation.run(for: kind.limit)
    #expect(scenario.openCount == 0)
    let late = scenario.heldBytes
    #expect(late == 0)
    scenario.end()
  }
}

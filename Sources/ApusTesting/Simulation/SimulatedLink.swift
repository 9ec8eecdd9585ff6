// SimulatedLink: half of a connection between two cores, each with a simulated kernel of its own. In the
// kernel of each a peer stands for the other core; what one of them reads, the other sends.

import ApusRing

struct SimulatedLink {
  /// The peer at the other end, and its kernel; both live as long as the world that both cores are in.
  private unowned let peer: SimulatedPeer
  private unowned let kernel: SimulatedKernel

  /// Bytes on their way to a core that does not receive.
  private static let windowBytes = 65_536

  /// A peer for the kernel of a core that connects; the core behind `far` sees a client come.
  static func connect(to far: SimulatedKernel, from near: SimulatedKernel) -> SimulatedPeer {
    let server = SimulatedPeer("upstream", steps: [])
    let client = SimulatedPeer("core", steps: [])
    for peer in [server, client] { peer.closesAtEnd = false }
    server.link = SimulatedLink(peer: client, kernel: far)
    client.link = SimulatedLink(peer: server, kernel: near)
    far.add(client, after: near.now.nanoseconds - min(near.now, far.now).nanoseconds)
    return server
  }

  /// Bytes that may be read here before the other core has taken what was.
  var room: Int { max(0, Self.windowBytes - peer.unsentBytes) }

  func send(_ bytes: [UInt8], at time: Instant) { kernel.add(.send(bytes), to: peer, at: time) }
  func end(at time: Instant) { kernel.add(.halfClose, to: peer, at: time) }
  func reset(at time: Instant) { kernel.giveUp(peer, at: time) }
  /// This core has received some of what the other sent.
  func hasRoom(at time: Instant) { kernel.mayRead(peer, at: time) }
}

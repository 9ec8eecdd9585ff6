// End: one end of a connection in memory.

import ApusEngine
import ApusRing
import ApusTLS

/// A session, its ciphertext, and how long its calls took.
final class End {
  private static let plaintextBytes = 16 << 10
  private static let ciphertextBytes = 64 << 10

  let session: any SecureSession
  private let ciphertext: OwnedBlock
  private let plaintext: OwnedBlock
  /// Bytes of ciphertext that wait for the other end.
  private var waiting = 0
  private(set) var nanoseconds: UInt64 = 0

  init(_ session: any SecureSession) {
    self.session = session
    ciphertext = OwnedBlock(Self.ciphertextBytes)
    plaintext = OwnedBlock(Self.plaintextBytes)
  }

  func handshake(with other: End) {
    let (block, count) = other.takeAll()
    let step = timed { session.handshake(block.bytes(0..<count), into: &$0) }
    precondition(step.state == .ready || step.state == .wantsCiphertext, "\(session.failure as Any)")
  }

  /// Returns the bytes of plaintext.
  @discardableResult
  func receive(from other: End) -> Int {
    let (block, count) = other.takeAll()
    var (taken, received) = (0, 0)
    while taken < count {
      let room = plaintext.block.writable(0..<Self.plaintextBytes)
      let step = timed {
        session.receive(block.bytes(taken..<count), into: room, answering: &$0)
      }
      precondition(step.state == .ready || step.state == .wantsCiphertext, "\(session.failure as Any)")
      taken += step.taken
      received += step.plaintext
    }
    return received
  }

  func send(_ bytes: ReadableRegion) {
    let step = timed { session.send(bytes, nil, into: &$0) }
    precondition(step.state == .ready, "\(session.failure as Any)")
  }

  func restartClock() { nanoseconds = 0 }

  private func takeAll() -> (block: Block, count: Int) {
    defer { waiting = 0 }
    return (ciphertext.block, waiting)
  }

  private func timed(_ body: (inout CipherOutput) -> SecureStep) -> SecureStep {
    var output = CipherOutput(ciphertext.block, count: waiting)
    let start = Instant.monotonic()
    let step = body(&output)
    nanoseconds += Instant.monotonic().nanoseconds - start.nanoseconds
    waiting = output.count
    return step
  }
}

/// A client and a server that have shaken hands.
struct Pair {
  let client: End
  let server: End

  init(_ connector: TLSConnector, _ acceptor: TLSAcceptor, resumptionKey: String? = nil) {
    let identity = SecureIdentity(name: "localhost", resumptionKey: resumptionKey)
    client = End(connector.makeSession(as: identity))
    server = End(acceptor.makeSession())
    while client.session.isHandshaking || server.session.isHandshaking {
      if client.session.isHandshaking { client.handshake(with: server) }
      if server.session.isHandshaking { server.handshake(with: client) }
    }
    client.receive(from: server)
  }
}

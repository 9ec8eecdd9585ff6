// Both ends of a session in memory: what one writes, the other reads, cut as the test wants.

import ApusEngine
import ApusRing
import ApusTLS

/// One end.
final class End {
  let session: any SecureSession
  /// Ciphertext that has come and was not taken.
  var inbox: [UInt8] = []
  /// Ciphertext that is to leave.
  var outbox: [UInt8] = []
  /// Plaintext that came.
  private(set) var received: [UInt8] = []
  private(set) var state = SecureStep.State.goesOn
  /// Room for ciphertext in each call.
  var roomBytes = 32 << 10
  /// Room for plaintext in each call.
  var plaintextBytes = 16 << 10

  init(_ session: any SecureSession) { self.session = session }

  /// Does what can be done with what is there.
  func run() {
    while true {
      let step = session.isHandshaking ? handshake() : receive()
      inbox.removeFirst(step.taken)
      state = step.state
      switch step.state {
      case .goesOn, .wantsRoom: continue
      case .ready: if session.isHandshaking || (inbox.isEmpty && session.unreadCount == 0) { return }
      default: return
      }
    }
  }

  func send(_ first: [UInt8], _ second: [UInt8] = []) {
    let (head, body) = (Bytes(first), Bytes(second))
    var sent = 0
    while sent < first.count + second.count {
      sent +=
        writing { output in
          let skipped = min(sent, first.count)
          return session.send(
            head.region.part(from: skipped, count: first.count - skipped),
            second.isEmpty
              ? nil : body.region.part(from: sent - skipped, count: second.count - (sent - skipped)),
            into: &output)
        }.plaintext
    }
  }

  func close() {
    _ = writing { output in
      session.close(into: &output)
      return SecureStep(.ready)
    }
  }

  private func handshake() -> SecureStep {
    let bytes = inbox
    return writing { session.handshake(bytes.span, into: &$0) }
  }

  /// One call.
  func receive() -> SecureStep {
    let bytes = inbox
    let room = OwnedBlock(plaintextBytes)
    let step = writing {
      session.receive(bytes.span, into: room.block.writable(0..<plaintextBytes), answering: &$0)
    }
    received += room.block.copy(step.plaintext)
    return step
  }

  private func writing(_ body: (inout CipherOutput) -> SecureStep) -> SecureStep {
    let block = OwnedBlock(roomBytes)
    var output = CipherOutput(block.block)
    let step = body(&output)
    outbox += block.block.copy(output.count)
    return step
  }
}

extension Block {
  /// The first bytes.
  fileprivate func copy(_ count: Int) -> [UInt8] {
    let bytes = bytes(0..<count)
    return bytes.indices.map { bytes[$0] }
  }
}

/// Bytes that stay where they are.
final class Bytes {
  private let block: OwnedBlock
  private let count: Int
  var region: ReadableRegion { block.block.readable(0..<count) }

  init(_ bytes: [UInt8]) {
    block = OwnedBlock(max(bytes.count, 1))
    count = bytes.count
    var written = 0
    block.block.append(after: &written) { output in for byte in bytes { output.append(byte) } }
  }
}

/// A client and a server.
final class Pair {
  let client: End
  let server: End

  init(_ connector: TLSConnector, as identity: SecureIdentity = "a.test", _ acceptor: TLSAcceptor) {
    client = End(connector.makeSession(as: identity))
    server = End(acceptor.makeSession())
  }

  /// Lets both talk, in pieces of `cut` bytes at most, until nothing moves.
  func talk(cut: Int = .max) {
    if client.session.isHandshaking, client.outbox.isEmpty { client.run() }
    while !client.outbox.isEmpty || !server.outbox.isEmpty { step(cut: cut) }
  }

  /// One piece each way.
  func step(cut: Int) {
    Self.move(from: client, to: server, cut)
    Self.move(from: server, to: client, cut)
  }

  var isOpen: Bool {
    !client.session.isHandshaking && !server.session.isHandshaking && client.session.failure == nil
      && server.session.failure == nil
  }

  /// Why each end failed.
  var reasons: [SecureFailure.Reason?] { [client, server].map { $0.session.failure?.reason } }

  private static func move(from sender: End, to receiver: End, _ cut: Int) {
    guard !sender.outbox.isEmpty else { return }
    let count = min(cut, sender.outbox.count)
    receiver.inbox += sender.outbox[..<count]
    sender.outbox.removeFirst(count)
    receiver.run()
  }
}

extension SecureIdentity: ExpressibleByStringLiteral {
  /// A server by its name alone.
  public init(stringLiteral name: String) { self.init(name: name) }
}

/// Two ends that know each other.
struct World {
  static let root = TestCertificate.root()
  static let certificate = root.issue("a.test")
  let keys = TicketKeys(at: TestCertificate.now)
  var server: TLSServerConfiguration
  var client: TLSClientConfiguration

  init(_ certificates: TestCertificate..., root: TestCertificate = World.root) throws {
    let all = certificates.isEmpty ? [Self.certificate] : certificates
    server = TLSServerConfiguration(
      certificates: try CertificateSet(all.map(\.source), at: TestCertificate.now), ticketKeys: keys)
    client = TLSClientConfiguration(.authorities(try TrustStore(root)))
  }

  /// A server that would not be started so by itself: the certificate is taken at a time when it holds.
  static func unchecked(_ certificate: TestCertificate, root: TestCertificate) throws -> World {
    var world = try World(root: root)
    world.server.certificates = try CertificateSet([certificate.source], at: certificate.middle)
    return world
  }

  func pair(as identity: SecureIdentity = "a.test") -> Pair {
    Pair(TLSConnector(client), as: identity, TLSAcceptor(server))
  }

  /// A pair that has talked.
  func talked(as identity: SecureIdentity = "a.test") -> Pair {
    let pair = pair(as: identity)
    pair.talk()
    return pair
  }
}

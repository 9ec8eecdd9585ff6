// PeerSecurity: the peer's end of a TLS connection in the simulation, between its script and its socket.

package import ApusEngine
import ApusRing

package final class PeerSecurity {
  private let session: SimulatedSession
  private var random: SeededGenerator
  private let output = OwnedBlock(1 << 18)
  private let plaintext = OwnedBlock(1 << 16)
  private(set) var hasBegun = false
  /// It says close_notify before its FIN, as most do.
  private let saysGoodbye: Bool

  package init(_ role: SecureFacts.Role = .client, seed: UInt64) {
    session = SimulatedSession(role, seed: seed)
    random = SeededGenerator(seed: seed)
    saysGoodbye = random.chance(0.8)
  }

  var isOpen: Bool { !session.isHandshaking && session.failure == nil }
  package var failure: SecureFailure? { session.failure }
  /// The other end said that nothing more comes.
  package var sawCloseNotify: Bool { session.sawCloseNotify }

  /// The first flight.
  func begin() -> [UInt8] {
    hasBegun = true
    return said { output in _ = self.session.handshake(Span(), into: &output) }
  }

  func encrypt(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let region = plaintext.block.writable(0..<bytes.count)
    region.fill(bytes)
    return said { output in
      if self.random.chance(0.1) { self.session.askForNewKeys(into: &output) }
      let step = self.session.send(self.plaintext.block.readable(0..<bytes.count), nil, into: &output)
      precondition(step.plaintext == bytes.count, "no room for \(bytes.count) bytes")
    }
  }

  /// - Parameter mayGoOn: Some send more behind close_notify, which nobody wants: over that a server may
  ///   reset the connection.
  func close(mayGoOn: Bool) -> [UInt8] {
    guard saysGoodbye, isOpen else { return [] }
    let goodbye = said { output in self.session.close(into: &output) }
    guard mayGoOn, random.chance(0.2) else { return goodbye }
    return goodbye + [UInt8](repeating: 23, count: random.within(1...5000))
  }

  /// What came, decrypted, and what is to be said because of it.
  func receive(_ bytes: ArraySlice<UInt8>) -> (plaintext: [UInt8], reply: [UInt8]) {
    var decrypted: [UInt8] = []
    let reply = said { output in
      let bytes = [UInt8](bytes)
      var taken = 0
      while taken < bytes.count || self.session.unreadCount > 0 {
        let rest = bytes.span.extracting(taken..<bytes.count)
        if self.session.isHandshaking {
          let step = self.session.handshake(rest, into: &output)
          taken += step.taken
          if step.state == .failed { return }
        } else {
          let step = self.session.receive(
            rest, into: self.plaintext.block.writable(0..<self.plaintext.block.capacity), answering: &output)
          taken += step.taken
          decrypted += self.plaintext.block.readable(0..<step.plaintext).copy(0..<step.plaintext)
          if step.state == .failed || step.state == .ended { return }
        }
      }
    }
    return (decrypted, reply)
  }

  private func said(_ body: (inout CipherOutput) -> Void) -> [UInt8] {
    var output = CipherOutput(self.output.block)
    body(&output)
    return output.block.readable(0..<output.count).copy(0..<output.count)
  }
}

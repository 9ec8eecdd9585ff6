// SimulatedSession: a TLS session without cryptography, for both ends in the simulation. It has what matters
// to whoever drives one: a handshake in flights, records that come in pieces, messages of its own (tickets,
// new keys that are to be answered), close_notify, alerts. Each record carries its number and a sum over its
// bytes, so that one that is lost, doubled, cut or changed fails the session.

package import ApusEngine
package import ApusRing

package final class SimulatedSession: SecureSession {
  private enum Kind: UInt8 {
    case ticket = 20
    case alert, handshake, data, newKeys
  }

  /// The first byte of a message.
  private enum Message {
    static let hello = UInt8(ascii: "h")
    static let answer = UInt8(ascii: "a")
    static let finished = UInt8(ascii: "f")
    static let closeNotify = UInt8(ascii: "c")
    static let fatal = UInt8(ascii: "x")
  }

  private static let overhead = 4
  private static let recordBytes = 1000

  private let role: SecureFacts.Role
  private var random: SeededGenerator
  package private(set) var isHandshaking = true
  package private(set) var sawCloseNotify = false
  package private(set) var failure: SecureFailure?
  private var hasBegun = false
  private var hasClosed = false
  private var sentRecords = 0
  private var receivedRecords = 0
  /// The part of a record that has come.
  private var partial: [UInt8] = []
  /// Decrypted, for the next receive.
  private var unread: [UInt8] = []
  /// Made, and without room yet.
  private var toSay: [UInt8] = []

  package init(_ role: SecureFacts.Role, seed: UInt64) {
    self.role = role
    random = SeededGenerator(seed: seed)
  }

  package var unreadCount: Int { unread.count }
  package var peerCertificates: [PeerCertificate] { [] }
  package var facts: SecureFacts {
    var facts = SecureFacts(role: role)
    if !isHandshaking { facts.version = .tls13 }
    return facts
  }

  // MARK: verbs

  package func handshake(_ ciphertext: Span<UInt8>, into output: inout CipherOutput) -> SecureStep {
    precondition(isHandshaking, "the handshake is done")
    if failure != nil { return SecureStep(.failed) }
    if !flush(&output) { return SecureStep(.wantsRoom) }
    if role == .client, !hasBegun {
      hasBegun = true
      say(.handshake, Message.hello, random.within(1...300))
      return SecureStep(flush(&output) ? .wantsCiphertext : .wantsRoom)
    }
    if role == .server, receivedRecords == 0, partial.isEmpty, !ciphertext.isEmpty,
      ciphertext[0] != Kind.handshake.rawValue
    {
      failure = SecureFailure(.notTLS, "the first byte is \(ciphertext[0])")
      return SecureStep(.failed)
    }
    let (record, taken) = nextRecord(ciphertext)
    guard let record else { return SecureStep(failure == nil ? .wantsCiphertext : .failed, taken: taken) }
    switch (role, record.kind, record.payload.first) {
    case (.server, .handshake, Message.hello) where !hasBegun:
      hasBegun = true
      say(.handshake, Message.answer, random.within(200...3000))
    case (.server, .handshake, Message.finished) where hasBegun:
      isHandshaking = false
      say(.ticket, 0, 90)
    case (.client, .handshake, Message.answer):
      isHandshaking = false
      say(.handshake, Message.finished, 40)
    default: fail(.protocolError)
    }
    let hasRoom = flush(&output)
    if failure != nil { return SecureStep(.failed, taken: taken) }
    if !isHandshaking { return SecureStep(.ready, taken: taken) }
    return SecureStep(hasRoom ? .goesOn : .wantsRoom, taken: taken)
  }

  package func receive(
    _ ciphertext: Span<UInt8>, into plaintext: WritableRegion, answering output: inout CipherOutput
  ) -> SecureStep {
    precondition(!isHandshaking, "received before the end of the handshake")
    var step = SecureStep(.ready)
    while true {
      if failure != nil {
        step.state = .failed
        return step
      }
      guard flush(&output) else {
        step.state = .wantsRoom
        return step
      }
      let count = min(unread.count, plaintext.count - step.plaintext)
      plaintext.part(from: step.plaintext).fill(unread[..<count])
      unread.removeFirst(count)
      step.plaintext += count
      if step.plaintext == plaintext.count { return step }
      if sawCloseNotify {
        step.state = .ended
        return step
      }
      let (record, taken) = nextRecord(ciphertext.extracting(step.taken..<ciphertext.count))
      step.taken += taken
      guard let record else {
        step.state = failure == nil ? .wantsCiphertext : .failed
        return step
      }
      take(record)
    }
  }

  private func take(_ record: (kind: Kind, payload: ArraySlice<UInt8>)) {
    switch (record.kind, record.payload.first) {
    case (.data, _): unread += record.payload
    case (.ticket, _): break
    case (.newKeys, _): say(.ticket, 0, 20)
    case (.alert, Message.closeNotify): sawCloseNotify = true
    case (.alert, _): failure = SecureFailure(.peerAlert, "the peer sent an alert")
    case (.handshake, _): fail(.protocolError)
    }
  }

  package func send(
    _ first: ReadableRegion, _ second: ReadableRegion?, into output: inout CipherOutput
  ) -> SecureStep {
    precondition(!isHandshaking && !hasClosed, "sent before the handshake or after close_notify")
    if failure != nil { return SecureStep(.failed) }
    let total = first.count + (second?.count ?? 0)
    var sent = 0
    guard flush(&output) else { return SecureStep(.wantsRoom) }
    while sent < total {
      let count = min(total - sent, Self.recordBytes, output.room - Self.overhead)
      guard count > 0 else { break }
      var bytes: [UInt8] = []
      if sent < first.count { bytes = first.copy(sent..<min(sent + count, first.count)) }
      if let second, sent + count > first.count {
        bytes += second.copy(max(0, sent - first.count)..<sent + count - first.count)
      }
      append(.data, bytes)
      _ = flush(&output)
      sent += count
    }
    return SecureStep(sent == total ? .ready : .wantsRoom, plaintext: sent)
  }

  package func close(into output: inout CipherOutput) {
    guard !isHandshaking, !hasClosed, failure == nil else { return }
    hasClosed = true
    say(.alert, Message.closeNotify, 1)
    _ = flush(&output)
  }

  package func peerEnded() {
    if isHandshaking, failure == nil { failure = SecureFailure(.peerLeft, "the connection ended") }
  }

  /// Asks the other end for new keys, which it answers.
  package func askForNewKeys(into output: inout CipherOutput) {
    append(.newKeys, [0])
    _ = flush(&output)
  }

  // MARK: records

  private func fail(_ reason: SecureFailure.Reason) {
    failure = SecureFailure(reason, "the records are not as they should be")
    say(.alert, Message.fatal, 1)
  }

  private func say(_ kind: Kind, _ message: UInt8, _ count: Int) {
    append(kind, [message] + [UInt8](repeating: 7, count: count))
  }

  private func append(_ kind: Kind, _ payload: [UInt8]) {
    toSay += [kind.rawValue, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    toSay += payload.map { $0 ^ UInt8(sentRecords & 0xFF) }
    toSay.append(Self.sum(payload, sentRecords))
    sentRecords += 1
  }

  private static func sum(_ payload: some Sequence<UInt8>, _ number: Int) -> UInt8 {
    payload.reduce(UInt8(truncatingIfNeeded: number)) { $0 &* 31 &+ $1 }
  }

  /// False where more is to be said than there is room for.
  private func flush(_ output: inout CipherOutput) -> Bool {
    let count = min(toSay.count, output.room)
    output.free.fill(toSay[..<count])
    output.didAppend(count)
    toSay.removeFirst(count)
    return toSay.isEmpty
  }

  /// The next whole record, and how many bytes were taken; nil if it has not come in full.
  private func nextRecord(
    _ ciphertext: Span<UInt8>
  ) -> (record: (kind: Kind, payload: ArraySlice<UInt8>)?, taken: Int) {
    var taken = 0
    while taken < ciphertext.count {
      partial.append(ciphertext[taken])
      taken += 1
      guard partial.count >= 3 else { continue }
      let count = Int(partial[1]) << 8 | Int(partial[2])
      guard partial.count == 3 + count + 1 else { continue }
      let number = UInt8(receivedRecords & 0xFF)
      let payload = partial[3..<3 + count].map { $0 ^ number }
      let isWhole = Self.sum(payload, receivedRecords) == partial[3 + count]
      let kind = Kind(rawValue: partial[0])
      partial.removeAll(keepingCapacity: true)
      receivedRecords += 1
      guard let kind, isWhole else {
        fail(.protocolError)
        return (nil, taken)
      }
      return ((kind, payload[...]), taken)
    }
    return (nil, taken)
  }
}

/// Makes a client's sessions.
package final class SimulatedConnector: SecureConnector {
  private var seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  package func makeSession(as identity: SecureIdentity) -> any SecureSession {
    seed += 1
    return SimulatedSession(.client, seed: seed)
  }

  /// A client's security with such sessions.
  package static func security(seed: UInt64) -> ClientSecurity {
    ClientSecurity(verifies: true) { SimulatedConnector(seed: seed) }
  }
}

/// Makes a server's sessions.
package final class SimulatedAcceptor: SecureAcceptor {
  private var seed: UInt64

  package init(seed: UInt64) { self.seed = seed }

  package func makeSession() -> any SecureSession {
    seed += 1
    return SimulatedSession(.server, seed: seed)
  }

  /// A server's security with such sessions.
  package static func security(seed: UInt64) -> ServerSecurity {
    ServerSecurity(ServerSecurity.Source(expiry: .max, fingerprint: "") { SimulatedAcceptor(seed: seed) })
  }
}

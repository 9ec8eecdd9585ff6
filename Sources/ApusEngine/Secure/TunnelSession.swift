// TunnelSession: a client's session through a proxy: CONNECT and its response in plain text (RFC 9110 section
// 9.3.6), and then the session with the server behind it. To the ring both are one handshake.

package import ApusRing

package final class TunnelSession: SecureSession {
  /// What a proxy may say before it makes the connection, all of its heads together.
  private static let headLimit = 16 << 10

  private let session: any SecureSession
  /// Bytes of the request that are still to be said.
  private var request: ArraySlice<UInt8>
  /// The part of the response's head that has come.
  private var head: [UInt8] = []
  private var isOpen = false
  private var refusal: SecureFailure?

  /// - Parameters:
  ///   - session: With the server behind the proxy.
  ///   - authority: That server's host and port.
  ///   - authorization: The value of `Proxy-Authorization`; nil for none.
  package init(_ session: any SecureSession, to authority: String, authorization: String?) {
    self.session = session
    var text = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n"
    if let authorization { text += "Proxy-Authorization: \(authorization)\r\n" }
    request = Array((text + "\r\n").utf8)[...]
  }

  package func handshake(_ ciphertext: Span<UInt8>, into output: inout CipherOutput) -> SecureStep {
    if refusal != nil { return SecureStep(.failed) }
    if isOpen { return session.handshake(ciphertext, into: &output) }
    if !request.isEmpty {
      let count = min(request.count, output.room)
      output.append(request.prefix(count))
      request = request.dropFirst(count)
      return SecureStep(request.isEmpty ? .wantsCiphertext : .wantsRoom)
    }
    var taken = 0
    while taken < ciphertext.count {
      head.append(ciphertext[taken])
      taken += 1
      guard head.suffix(4) == [13, 10, 13, 10] else {
        if head.count == Self.headLimit { return refuse("it sends no end of its response", taken) }
        continue
      }
      guard let status = Self.status(head) else { return refuse("what it sends is no HTTP", taken) }
      let line = String(decoding: head.prefix { $0 != 13 }.dropFirst(9), as: UTF8.self)
      head.removeAll()
      switch status {
      case 100..<200: continue
      case 200..<300:
        isOpen = true
        // The server says nothing before the client's first flight.
        let step = session.handshake(Span(), into: &output)
        return SecureStep(step.state, taken: taken)
      case 407: return refuse("it answered \(line): name a user and a password in its URL", taken)
      default: return refuse("it answered \(line)", taken)
      }
    }
    return SecureStep(.wantsCiphertext, taken: taken)
  }

  private func refuse(_ reason: String, _ taken: Int) -> SecureStep {
    refusal = SecureFailure(.tunnelRefused, "the proxy makes no connection to the server: \(reason)")
    return SecureStep(.failed, taken: taken)
  }

  /// The code of a status line (RFC 9112 section 4).
  private static func status(_ head: [UInt8]) -> Int? {
    guard head.count > 12, head.starts(with: "HTTP/1.".utf8), head[8] == 0x20 else { return nil }
    return Int(String(decoding: head[9..<12], as: UTF8.self))
  }

  package func peerEnded() {
    if !isOpen, refusal == nil {
      refusal = SecureFailure(.tunnelRefused, "the proxy closed the connection and makes none to the server")
    }
    session.peerEnded()
  }

  package var failure: SecureFailure? { refusal ?? session.failure }

  // MARK: the session behind

  package var isHandshaking: Bool { session.isHandshaking }
  package var unreadCount: Int { session.unreadCount }
  package var facts: SecureFacts { session.facts }
  package var sawCloseNotify: Bool { session.sawCloseNotify }
  package var peerCertificates: [PeerCertificate] { session.peerCertificates }

  package func receive(
    _ ciphertext: Span<UInt8>, into plaintext: WritableRegion, answering output: inout CipherOutput
  ) -> SecureStep { session.receive(ciphertext, into: plaintext, answering: &output) }

  package func send(
    _ first: ReadableRegion, _ second: ReadableRegion?, into output: inout CipherOutput
  ) -> SecureStep { session.send(first, second, into: &output) }

  package func close(into output: inout CipherOutput) { session.close(into: &output) }
}

// CONNECT before a session: what the proxy may answer, in one piece and in single bytes.

import ApusEngine
import ApusRing
import ApusTesting
import Testing

@Suite final class TunnelSessionTests {
  private let memory = OwnedBlock(4096)

  /// Begins; the request that the proxy sees.
  private func begin(_ session: TunnelSession) -> String {
    var output = CipherOutput(memory.block)
    #expect(session.handshake(Span(), into: &output).state == .wantsCiphertext)
    return String(decoding: output.block.readable(0..<output.count).copy(0..<output.count), as: UTF8.self)
  }

  /// Gives the session what the proxy says; the last state, and how many bytes the client says then.
  private func answer(
    _ session: TunnelSession, _ text: String, by count: Int
  ) -> (state: SecureStep.State, said: Int) {
    let bytes = Array(text.utf8)
    var output = CipherOutput(memory.block)
    var state = SecureStep.State.wantsCiphertext
    for start in stride(from: 0, to: bytes.count, by: count) where state == .wantsCiphertext {
      let piece = Array(bytes[start..<min(start + count, bytes.count)])
      let step = session.handshake(piece.span, into: &output)
      state = step.state
    }
    return (state, output.count)
  }

  @Test func `the proxy is asked for the server by host and port, with the user's name if there is one`() {
    let session = TunnelSession(
      SimulatedSession(.client, seed: 1), to: "example.com:443", authorization: "Basic eA==")
    #expect(
      begin(session)
        == "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nProxy-Authorization: Basic eA==\r\n\r\n"
    )
  }

  @Test(
    arguments: [
      "HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n",
      "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    ], [1, 7, 4096])
  func `the session behind begins once the proxy has said 2xx`(text: String, count: Int) {
    let session = TunnelSession(SimulatedSession(.client, seed: 1), to: "h:443", authorization: nil)
    _ = begin(session)
    let (state, said) = answer(session, text, by: count)
    #expect(state == .wantsCiphertext && said > 0 && session.isHandshaking && session.failure == nil)
  }

  @Test(
    arguments: [
      ("HTTP/1.1 403 Forbidden\r\n\r\n", "it answered 403 Forbidden"),
      ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "name a user and a password"),
      ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP"), ("HTTP/1.1\r\n\r\n", "no HTTP"),
      (String(repeating: "x", count: 20_000), "no end of its response"),
    ], [1, 4096])
  func `anything else is a reason, and the server is not spoken to`(answer: (String, String), count: Int) {
    let session = TunnelSession(SimulatedSession(.client, seed: 1), to: "h:443", authorization: nil)
    _ = begin(session)
    let (state, said) = self.answer(session, answer.0, by: count)
    #expect(state == .failed && said == 0 && session.failure?.reason == .tunnelRefused)
    #expect(session.failure?.explanation.contains(answer.1) == true)
  }

  @Test func `a proxy that closes is a reason`() {
    let session = TunnelSession(SimulatedSession(.client, seed: 1), to: "h:443", authorization: nil)
    _ = begin(session)
    session.peerEnded()
    #expect(session.failure?.explanation.contains("closed the connection") == true)
  }
}

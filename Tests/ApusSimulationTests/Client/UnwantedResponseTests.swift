import Apus
import ApusEngine
import ApusTesting
import Testing

/// What a server may not say before its answer, or in its place: a typed error, and nothing held.
@Suite struct UnwantedResponseTests {
  @Test func `a switch of protocols that the request did not offer has its own error`() {
    for fields in ["Upgrade: websocket\r\nConnection: Upgrade\r\n", ""] {
      let simulation = ClientSimulation([
        Servers.once("HTTP/1.1 101 Switching Protocols\r\n\(fields)\r\nhello", then: [.awaitBytes(.max)])
      ])
      #expect(simulation.outcome() == .failed(.protocolNotAskedFor))
      #expect(simulation.elapsed < 1)
      #expect(simulation.finish() == [])
    }
  }

  @Test(
    arguments: [
      (64, 64, true), (64, 65, false), (2, 2, true), (2, 3, false), (0, 0, true), (0, 1, false),
      (-1, 1, false), (.max, 1000, true), (.max, 65_537, false),
    ] as [(Int, Int, Bool)])
  func `interim responses are counted, and too many are told as that`(most: Int, sent: Int, isAnswered: Bool)
  {
    let interim = "HTTP/1.1 102 Processing\r\n\r\n"
    let simulation = ClientSimulation([
      Servers.once(String(repeating: interim, count: sent) + Servers.ok("ok"), then: [.awaitBytes(.max)])
    ]) {
      if most != 64 { $0.interimResponses = most }
      if sent > 2000 { $0.interimBytes = .max }
    }
    #expect(simulation.outcome() == (isAnswered ? .answered(200, "ok") : .failed(.tooManyInterimResponses)))
    #expect(simulation.finish() == [])
  }

  @Test(
    arguments: [
      (nil, 64 << 10, true), (nil, 64 << 10 + 1, false), (500, 500, true), (500, 501, false),
      (-1, 100, false),
    ] as [(Int?, Int, Bool)])
  func `the bytes of interim responses are counted, and too many are told as that`(
    most: Int?, sent: Int, isAnswered: Bool
  ) {
    // Of at most so many bytes each, in pieces, so that heads are put together.
    let frame = "HTTP/1.1 103 Early Hints\r\nX: \r\n\r\n"
    var left = sent
    var text = ""
    while left > 0 {
      let count = left > 40_000 ? 20_000 : left
      text += frame.replacing("X: ", with: "X: " + String(repeating: "x", count: count - frame.utf8.count))
      left -= count
    }
    let simulation = ClientSimulation([
      Servers.once(text + Servers.ok("ok"), then: [.awaitBytes(.max)])
    ]) { if let most { $0.interimBytes = most } }
    #expect(simulation.outcome() == (isAnswered ? .answered(200, "ok") : .failed(.tooManyInterimResponses)))
    #expect(simulation.finish() == [])
  }
}

// Bodies that a handler reads by itself, from peers that send slowly: what counts is
// the time in which it asked.

import ApusEngine
import ApusTesting
import ApusWire
import Testing

@Suite struct SlowUploadTests {
  private func reading(every pause: Duration = .zero) -> Handler {
    streaming { _, exchange in
      var count = 0
      while let chunk = try await exchange.read() {
        count += chunk.count
        if pause > .zero { await Core.current?.executor.sleep(for: pause) }
      }
      exchange.send(Response(status: 200, body: .text("\(count)")))
    }
  }

  @Test func `an upload below the minimum rate is answered with 408 though it never stalls`() {
    var scenario = Scenario(handler: reading())
    let trickle = repeated(200) { _ in [.send([UInt8](repeating: 65, count: 100)), .pause(.seconds(1))] }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 20_000))] + trickle)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(240))
    #expect(peer.answers.map(\.status) == [408])
    // As for collected bodies: 10 + 100 t / 240 < t from the 18th second on.
    let time = scenario.seconds(peer.answers.first?.time) ?? 0
    #expect(time > 17 && time < 18.1)
    #expect(scenario.count(.bodyTimeout) == 1)
    scenario.end()
  }

  @Test func `an upload above the minimum rate is read whole`() {
    var scenario = Scenario(handler: reading())
    let trickle = repeated(100) { _ in [.send([UInt8](repeating: 65, count: 300)), .pause(.seconds(1))] }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 30_000))] + trickle)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(120))
    #expect(peer.answers.map(\.text) == ["30000"])
    scenario.end()
  }

  @Test(arguments: [500, 20_000])
  func `a handler slower than its peer is not its peer's fault`(piece: Int) {
    var scenario = Scenario(handler: reading(every: .seconds(20)))
    // Slower than the minimum rate, or in large pieces, but always there when it is asked for.
    let steps = repeated(20) { _ in [.send([UInt8](repeating: 65, count: piece)), .pause(.seconds(4))] }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 20 * piece))] + steps)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(1000))
    #expect(peer.answers.map(\.text) == ["\(20 * piece)"])
    #expect(scenario.count(.bodyTimeout) == 0)
    scenario.end()
  }

  @Test func `time that the handler takes gives its peer no more of it`() {
    var scenario = Scenario(handler: reading(every: .seconds(5)))
    // The handler asks half of the time: 100 B in 10 s, of which it waits for 5.
    let steps = repeated(200) { _ in [.send([UInt8](repeating: 65, count: 100)), .pause(.seconds(10))] }
    let peer = SimulatedPeer(steps: [.send(post("1", bytes: 20_000))] + steps)
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(240))
    #expect(peer.answers.map(\.status) == [408])
    // 10 + 100 n / 240 seconds of asking, at 5 s a piece, are over after the second piece.
    let time = scenario.seconds(peer.answers.first?.time) ?? 0
    #expect(time > 20 && time < 40)
    scenario.end()
  }

  @Test func `what comes of a large body behind its answer finds the memory that it is received into`() {
    var scenario = Scenario(handler: reading())
    let piece = [UInt8](repeating: 65, count: 100_000)
    // The body has 30 s between two pieces; behind the answer it is dropped for two seconds.
    let peer = SimulatedPeer(steps: [
      .send(post("1", bytes: 1_000_000)), .send(piece), .pause(.milliseconds(30_500)), .send(piece),
      .pause(.milliseconds(500)), .send(piece), .awaitEnd,
    ])
    scenario.add(peer)
    scenario.simulation.run(for: .seconds(60))
    #expect(peer.answers.map(\.status) == [408])
    #expect(peer.endedAt != nil && peer.resetAt == nil)
    scenario.end()
  }
}

// PlannedConnection: one peer of random traffic: its requests cut into pieces at
// random, and what it must get.

import ApusTesting

struct PlannedConnection {
  var peer: SimulatedPeer
  /// Answers that must come, in order.
  var expectations: [PlannedRequest.Expectation] = []
  /// Numbers that the handler must be asked with, in order.
  var handled: [String] = []
  /// Times out on purpose now and then.
  var hasLongPauses = false
  /// Leaves without waiting for its answers.
  var isRude = false
  /// Goes on sending after the server must have said goodbye.
  var sendsAfterEnd = false

  static func random(_ index: Int, _ random: inout SeededGenerator, mayPause: Bool) -> PlannedConnection {
    var requests: [PlannedRequest] = []
    for request in 0..<random.within(1...random.element(of: [2, 6, 14])) {
      requests.append(.random("\(index)-\(request)", &random))
    }
    let end = requests.firstIndex(where: \.endsConnection) ?? requests.count
    // Most clients know what they asked for, and stop there.
    if end < requests.count, random.chance(0.6) { requests.removeLast(requests.count - end - 1) }
    let answered = requests.prefix(end + 1)

    var cutter = Cutter(hasLongPauses: mayPause && random.chance(0.15), random: random.split())
    for request in requests { cutter.add(request.parts) }
    var steps = cutter.finish()
    var isRude = false
    switch random.below(10) {
    case 0...3: break
    case 4...5: steps.append(.halfClose)
    case 6...8: steps += [.awaitAnswers(answered.count), .close]
    default:
      // Gone before its answers, or even before it had asked.
      isRude = true
      if random.chance(0.5) { steps.removeLast(random.below(steps.count)) }
      steps.append(random.element(of: [.close, .reset, .halfClose]))
    }

    let peer = SimulatedPeer("peer \(index)", methods: requests.map(\.method), steps: steps)
    peer.closesAtEnd = random.chance(0.8)
    if random.chance(0.3) { peer.windowBytes = random.within(100...8000) }
    var connection = PlannedConnection(peer: peer)
    connection.expectations = answered.map(\.expectation)
    connection.handled = answered.filter(\.reachesHandler).map(\.number)
    connection.hasLongPauses = cutter.hasLongPauses
    connection.isRude = isRude
    connection.sendsAfterEnd = requests.count > answered.count
    return connection
  }
}

/// Cuts a stream of bytes into sends with pauses between them.
private struct Cutter {
  let hasLongPauses: Bool
  var random: SeededGenerator
  private var steps: [SimulatedPeer.Step] = []
  private var pending: [UInt8] = []
  private let style: Int

  init(hasLongPauses: Bool, random: SeededGenerator) {
    self.hasLongPauses = hasLongPauses
    self.random = random
    style = self.random.below(4)
  }

  mutating func add(_ parts: [[UInt8]]) {
    for (index, part) in parts.enumerated() {
      if index > 0 {
        flush()
        steps.append(.pause(nanoseconds: UInt64(random.within(1_000_000...4_000_000))))
      }
      pending += part
    }
    // Sometimes the next request follows in the same piece.
    if random.chance(0.5) { flush() }
  }

  mutating func finish() -> [SimulatedPeer.Step] {
    flush()
    return steps
  }

  private mutating func flush() {
    var offset = 0
    while offset < pending.count {
      let left = pending.count - offset
      let count: Int
      switch style {
      case 0: count = left
      case 1: count = pending.count < 300 ? 1 : random.within(1...left)
      default: count = random.within(1...left)
      }
      steps.append(.send(Array(pending[offset..<(offset + count)])))
      offset += count
      if hasLongPauses, random.chance(0.1) {
        steps.append(.pause(nanoseconds: UInt64(random.within(1...90)) * 1_000_000_000))
      } else if random.chance(0.4) {
        steps.append(.pause(nanoseconds: UInt64(random.below(2_000_000))))
      }
    }
    pending = []
  }
}

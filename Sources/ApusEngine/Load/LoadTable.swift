// LoadTable: all connections of one thread of a load generator, and what they share. Like `ConnectionTable`
// it performs no I/O: it is told what happened and returns, for each connection, the next thing to do;
// `LoadCore` performs I/O.
//
//   +Asking    who asks what, and when        +Receiving   responses, parsed to their last byte
//   +Actions   from state to action           +Ending      failures, timeouts, closing

package import ApusRing
import ApusWire

package struct LoadTable: ~Copyable {
  /// A request that a connection has taken.
  struct Asked: BitwiseCopyable {
    /// When it was due (open loop), or sent (closed loop).
    var at: UInt64
    var kind: UInt32
  }

  let plan: LoadPlan
  let parser: ResponseParser
  var head: ReceivedHead
  var fields: FieldTable
  var connections: Slab<LoadConnection>
  /// `plan.pipeline` cells per connection.
  var asked: TrivialArray<Asked>
  var pool: BlockPool
  var dirty: IndexStack<UInt32>
  /// For each origin: connections that can take another request, and requests that wait for a connection.
  var idle: [Deque<UInt32>]
  var backlog: [Deque<Asked>]
  /// For each origin, in a closed loop: its requests with cumulative weights.
  let kinds: [[(kind: UInt32, upTo: Double)]]
  /// All requests with cumulative weights, for an open loop.
  let allKinds: [(kind: UInt32, upTo: Double)]
  var random: LoadRandom
  var arrivals: Arrivals?

  /// Makes sessions; nil where no origin speaks TLS.
  private let connector: (any SecureConnector)?

  package internal(set) var tally: LoadTally
  /// The sums at the end of the measured span; nil before.
  private(set) var spanTally: LoadTally?
  /// Latencies in nanoseconds that have not been passed on yet.
  var samples: TrivialArray<UInt64>
  var sampleCount: Int
  private let record: (Span<UInt64>) -> Void

  /// This turn's time.
  var now: UInt64
  let startedAt: UInt64
  let measuredFrom: UInt64
  private(set) var endsAt: UInt64
  private(set) var isCutShort = false
  var isMeasuring: Bool
  var nextSweep: UInt64
  /// The number of connections that the ramp has started.
  var startedCount: Int
  package internal(set) var isFinished: Bool

  /// Nanoseconds between two looks for connections without progress.
  static let sweepInterval: UInt64 = 20_000_000
  /// Between a close without a response and the next connect, in nanoseconds.
  static let pause: UInt64 = 100_000_000
  /// A request of this many bytes fits the send buffer of a connection that has nothing in flight.
  static let silentBytes = 16_384

  /// - Parameter record: Takes latencies in nanoseconds, some hundreds at a time.
  package init(_ plan: LoadPlan, now: Instant, record: @escaping (Span<UInt64>) -> Void) {
    let now = now.nanoseconds
    let count = plan.connections
    spanTally = nil
    self.plan = plan
    connector = plan.security?.makeConnector()
    self.record = record
    parser = ResponseParser(limits: plan.head)
    head = ReceivedHead()
    fields = FieldTable(capacity: plan.head.fieldCount)
    connections = Slab(capacity: count) { LoadConnection() }
    asked = TrivialArray(repeating: Asked(at: 0, kind: 0), count: count * plan.pipeline)
    pool = BlockPool()
    dirty = IndexStack(capacity: count)
    idle = plan.origins.map { _ in Deque() }
    backlog = plan.origins.map { _ in Deque() }
    let all = plan.requests.indices.map { UInt32($0) }
    kinds = plan.origins.indices.map { origin in
      Self.summed(all.filter { plan.requests[Int($0)].origin == origin }, plan)
    }
    allKinds = Self.summed(all, plan)
    random = LoadRandom(seed: plan.seed &+ UInt64(plan.thread) << 32)
    arrivals = Arrivals(plan, start: now)
    tally = LoadTally()
    samples = TrivialArray(repeating: 0, count: 1024)
    sampleCount = 0
    self.now = now
    startedAt = now
    measuredFrom = now + plan.prelude
    endsAt = now + plan.prelude + plan.duration
    // The first turn's requests are measured, too.
    isMeasuring = plan.prelude == 0
    nextSweep = now
    startedCount = 0
    isFinished = false
    connections.ensure(count - 1)
    assignOrigins()
  }

  /// A session for a connection whose socket was just made; nil where it speaks plain HTTP.
  func makeSession(_ index: Int) -> (any SecureSession)? {
    let origin = Int(connections[index].origin)
    guard let connector, origin < plan.serverNames.count, let name = plan.serverNames[origin] else {
      return nil
    }
    return connector.makeSession(
      as: SecureIdentity(name: name, resumptionKey: plan.resumesSessions ? "\(origin)" : nil))
  }

  private static func summed(_ kinds: [UInt32], _ plan: LoadPlan) -> [(kind: UInt32, upTo: Double)] {
    var sum = 0.0
    return kinds.map {
      sum += plan.requests[Int($0)].weight
      return ($0, sum)
    }
  }

  /// Distributes connections in proportion to the weights of the origins' requests, with at least one for
  /// each origin if there are enough.
  private mutating func assignOrigins() {
    var sums: [Double] = []
    var total = 0.0
    for origin in kinds.indices {
      total += kinds[origin].last?.upTo ?? 0
      sums.append(total)
    }
    for index in 0..<plan.connections {
      let place = (Double(index) + 0.5) / Double(plan.connections) * total
      connections[index].origin = UInt16(sums.firstIndex { place < $0 } ?? 0)
    }
    var counts = Array(repeating: 0, count: kinds.count)
    for index in 0..<plan.connections { counts[Int(connections[index].origin)] += 1 }
    for origin in counts.indices where counts[origin] == 0 {
      guard let richest = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[richest] > 1,
        let index = (0..<plan.connections).first(where: { connections[$0].origin == UInt16(richest) })
      else { return }
      connections[index].origin = UInt16(origin)
      counts[richest] -= 1
      counts[origin] = 1
    }
  }

  /// The length of the measured span: as planned, or until the run ended early.
  package var measuredNanoseconds: UInt64 { now > measuredFrom ? min(now, endsAt) - measuredFrom : 0 }

  /// Ends the measured span now, and does not wait for the last requests.
  mutating func cutShort() {
    endsAt = min(endsAt, now)
    isCutShort = true
  }

  /// The sums of the measured span, and those after it.
  package var tallies: (span: LoadTally, afterwards: LoadTally) {
    guard let spanTally else { return (tally, LoadTally()) }
    return (spanTally, tally.since(spanTally))
  }

  mutating func beginMeasuring() {
    guard !isMeasuring, now >= measuredFrom else { return }
    isMeasuring = true
    sampleCount = 0
    tally.begin()
  }

  /// Keeps the sums at the end: what comes later counts for the latency, but not for the rate.
  mutating func endMeasuring() {
    guard isMeasuring, spanTally == nil, now >= endsAt else { return }
    spanTally = tally
    forfeitWhatIsBeyondReach()
  }

  /// When the turn must end without a completion.
  var nextWake: Instant {
    guard now < endsAt else { return Instant(nanoseconds: nextSweep) }
    // While the backlog is full, a due request waits for a response.
    let arrival = backlogIsFull ? nil : arrivals?.next
    return Instant(nanoseconds: min(nextSweep, endsAt, arrival ?? .max))
  }

  mutating func markDirty(_ index: Int) {
    guard !connections[index].flags.contains(.isDirty) else { return }
    connections[index].flags.insert(.isDirty)
    dirty.push(UInt32(index))
  }

  mutating func isCurrent(_ token: Token) -> Bool {
    Int(token.slot) < connections.count && connections[Int(token.slot)].generation == token.generation
  }

  mutating func token(_ operation: Operation, _ index: Int) -> Token {
    Token(operation, slot: Slot(index), generation: connections[index].generation)
  }

  mutating func slot(_ index: Int) -> Slot { connections[index].slot }

  mutating func didOpen(_ slot: Slot, _ index: Int) {
    connections[index].slot = slot
    connections[index].hasSlot = true
  }

  /// The socket that is to be closed; nil if none could be opened.
  mutating func takeSlot(_ index: Int) -> Slot? {
    guard connections[index].hasSlot else { return nil }
    connections[index].hasSlot = false
    return connections[index].slot
  }

  /// Keeps one more latency. One receive can bring more responses than there is room for.
  mutating func keep(sample: UInt64) {
    if sampleCount == samples.count { handOn() }
    samples[sampleCount] = sample
    sampleCount &+= 1
  }

  /// Passes the latencies to their recorder.
  package mutating func handOn() {
    record(samples.span.extracting(0..<sampleCount))
    sampleCount = 0
  }

  /// The cell of the connection's request number `offset`, counted from the oldest.
  mutating func cell(_ index: Int, _ offset: Int) -> Int {
    index &* plan.pipeline &+ (Int(connections[index].first) &+ offset) % plan.pipeline
  }
}

/// A queue in an array that wraps around; it grows and never shrinks.
struct Deque<Element> {
  private var cells: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func append(_ element: Element) {
    if count == cells.count { grow() }
    cells[(head + count) & (cells.count - 1)] = element
    count += 1
  }

  mutating func popFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = cells[head]
    cells[head] = nil
    head = (head + 1) & (cells.count - 1)
    count -= 1
    return element
  }

  private mutating func grow() {
    var larger: [Element?] = []
    larger.reserveCapacity(max(16, 2 * cells.count))
    for offset in 0..<count { larger.append(cells[(head + offset) & (cells.count - 1)]) }
    while larger.count < max(16, 2 * cells.count) { larger.append(nil) }
    cells = larger
    head = 0
  }
}

// ConnectionTable: all connections of one core and everything that they share. It performs no I/O: it
// is told what happened (`didAccept`, `didReceive`, `didSend`, ...) and answers, per connection, with
// the next `ConnectionAction` (ConnectionTable+Actions). Only the reactor performs. That is what
// makes the simulator possible.
//
//   +Receive   bytes in: heads, bodies, what waits        +Answer   a response out: head, body, keep or close
//   +Body      collecting and dropping request bodies     +Send     progress of sends, the next piece
//   +Expire    what a deadline means in each phase        +Close    the steps to an empty slot
//   +Exchange  answers that come later                    (the tasks: Exchange/ExchangePool)
//   +Actions   from state to the next thing to do         +Drain    ceiling, shutting down
//   +Repeat    the same answer once more
//   +Settling  an answer has left, or never will: log, latency

package import ApusRing
import ApusWire

/// One core's connections, by slot.
///
/// Even what only reads is `mutating` here: that passes the table by address, where a plain method would be
/// given a copy of some kilobytes.
package struct ConnectionTable: ~Copyable {
  let handler: Handler
  let exchanges: ExchangePool
  let limits: Limits
  let ticks: TimeoutTicks
  /// `Keep-Alive: timeout=` in seconds, when it is announced.
  let announcedTimeout: UInt16?

  var connections: Slab<Connection>
  var intakes: IndexedPool<Intake>
  var outboxes: IndexedPool<Outbox>
  var pool: BlockPool
  var wheel: TimerWheel

  var parser: RequestParser
  var writer: HeadWriter
  /// The head that was parsed last, and its fields: scratch of the present request.
  var head: RequestHead
  var fields: FieldTable
  /// When the turn began that saw the last byte of that head.
  var arrivedAt: Instant
  /// The listeners' roles, by number; empty where all have the plain one.
  let roles: [ListenerRole]
  /// The role of the connection whose request `head` is.
  var role: ListenerRole
  /// A normalised path lives here while its request is being answered.
  let pathBlock: OwnedBlock
  var repeated: RepeatedAnswers

  /// This turn's clocks.
  var now: Instant
  var tick: Tick
  var unixSeconds: Int64

  /// Connections to settle at the end of the turn, each once.
  var dirty: IndexStack<Slot>
  /// Connections that used up their turn's share with requests still waiting.
  var unfinished: [Slot]
  package var openCount: Int
  /// When the last pass for idle connections to close was made.
  var reapedAt: Tick
  package var isDraining: Bool
  var counterCell: Cell<Counters>
  let accessLog: AccessLog?
  /// The peers' addresses, by slot; empty unless the handler wants them.
  var peers: [PeerAddress?]
  /// What the handshakes agreed on, by slot; empty unless somebody wants it.
  var secureFacts: [SecureFacts?]
  /// The peer of the request under way.
  var currentPeer: PeerAddress?
  /// Where the numbers of this core's requests begin.
  let firstNumber: UInt64
  /// The number of the request that was collected and is being answered.
  var collectedNumber: UInt64?

  package init(
    slots: Int, handler: Handler, limits: Limits = Limits(), timeouts: Timeouts = Timeouts(),
    announcedTimeout: UInt16? = nil, serverName: String? = nil, accessLog: AccessLogConfiguration? = nil,
    roles: [ListenerRole] = [], exchanges: ExchangePool, now: Instant
  ) {
    // Every property has its value here: with defaults beside them, -O released references
    // that were not there yet.
    self.handler = handler
    self.exchanges = exchanges
    self.limits = limits
    ticks = TimeoutTicks(timeouts)
    self.announcedTimeout = announcedTimeout
    self.accessLog = accessLog.map { AccessLog($0) }
    connections = Slab(capacity: slots) { Connection() }
    intakes = IndexedPool(capacity: slots) { Intake() }
    outboxes = IndexedPool(capacity: slots) { Outbox() }
    pool = BlockPool()
    wheel = TimerWheel(now: Tick(at: now))
    head = RequestHead()
    parser = RequestParser(limits: limits.head)
    writer = HeadWriter(serverName: serverName)
    fields = FieldTable(capacity: limits.head.fieldCount)
    pathBlock = OwnedBlock(limits.head.requestLineBytes)
    repeated = RepeatedAnswers()
    self.roles = roles
    role = ListenerRole()
    arrivedAt = now
    self.now = now
    tick = Tick(at: now)
    unixSeconds = 0
    dirty = IndexStack(capacity: slots)
    unfinished = []
    openCount = 0
    reapedAt = Tick(rawValue: .max)
    isDraining = false
    counterCell = Cell(Counters())
    peers = []
    secureFacts = []
    currentPeer = nil
    firstNumber = .random(in: 0...UInt64.max)
    collectedNumber = nil
  }

  /// What this core has done.
  package var counters: Counters {
    _read { yield counterCell.value }
    _modify { yield &counterCell.value }
  }

  /// The number of the request whose head was parsed last, unless another's body has just become whole.
  var requestNumber: UInt64 { mutating get { collectedNumber ?? firstNumber &+ counterCell.value.requests } }

  /// Sets the clocks for everything that happens until the next turn.
  package mutating func beginTurn(now: Instant, unixSeconds: Int64) {
    self.now = now
    self.unixSeconds = unixSeconds
    tick = Tick(at: now)
    writer.setDate(unixSeconds: unixSeconds)
    counters.turns += 1
  }

  /// The reactor's own timers come first on the wheel, then one per slot.
  static let ownTimers: UInt32 = 5

  @inline(__always) static func timer(of slot: Slot) -> TimerWheel.ID { slot.rawValue + ownTimers }

  /// Sets when the phase ends. The wheel is touched only if it would look too late.
  mutating func setDeadline(_ deadline: Tick, _ slot: Slot) {
    connections[slot].deadline = deadline
    if deadline < connections[slot].armedFor {
      connections[slot].armedFor = deadline
      wheel.arm(Self.timer(of: slot), at: deadline)
    }
  }

  /// Lists the connection for the end of the turn.
  @inline(__always)
  mutating func markDirty(_ slot: Slot) {
    guard connections[slot].takesMark() else { return }
    dirty.push(slot)
  }

  /// The slot's tenant is the one that the token was made for.
  mutating func isCurrent(_ token: Token) -> Bool {
    Int(token.slot) < connections.count && connections[token.slot].generation == token.generation
      && connections[token.slot].phase != .free
  }

  /// For an operation on the slot's present tenant.
  mutating func token(_ operation: Operation, _ slot: Slot) -> Token {
    Token(operation, slot: slot, generation: connections[slot].generation)
  }

  // MARK: audit

  /// Blocks that connections hold; 0 once every one is closed. What free outboxes keep is nobody's.
  package var heldBlocks: Int { pool.lentCount - keptBlocks().count }
  package var heldBytes: Int { pool.lentBytes - keptBlocks().bytes }
  package var heldIntakes: Int { intakes.claimedCount }
  package var heldOutboxes: Int { outboxes.claimedCount }
  package var heldRepeatedAnswers: Int { repeated.heldCount }
  package var armedTimers: Int { wheel.armedCount }
  /// Without the core's own.
  package var armedConnectionTimers: Int {
    var count = wheel.armedCount
    for timer in 0..<Self.ownTimers where wheel.isArmed(timer) { count -= 1 }
    return count
  }
}

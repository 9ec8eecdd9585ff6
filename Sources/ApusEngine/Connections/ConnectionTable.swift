// ConnectionTable: all connections of one core and everything that they share. It performs no I/O: it is told
// what happened (`didAccept`, `didReceive`, `didSend`, ...) and returns the next `ConnectionAction` of each
// connection. Only the reactor performs I/O, so a simulator can take the kernel's place.
//
//   +Receive   bytes in: heads, bodies, input that waits  +Answer   a response: head, body, keep or close
//   +Body      collecting and dropping request bodies     +Send     progress of sends, the next piece
//   +Expire    the effect of a deadline in each phase     +Close    the steps to a free slot
//   +Exchange  responses that come later                  (the tasks: Exchange/ExchangePool)
//   +Actions   from state to the next action              +Drain    connection limit, shutdown
//   +Repeat    repeated responses                         +Settling after the last byte: log, latency

package import ApusRing
import ApusWire

/// One core's connections, by slot.
///
/// Even methods that only read are `mutating` here: this passes the table by address, while a plain method
/// would get a copy of some kilobytes.
package struct ConnectionTable: ~Copyable {
  let handler: Handler
  let exchanges: ExchangePool
  let limits: Limits
  let ticks: TimeoutTicks
  /// Seconds in `Keep-Alive: timeout=`, if that is announced.
  let announcedTimeout: UInt16?

  var connections: Slab<Connection>
  var intakes: IndexedPool<Intake>
  var outboxes: IndexedPool<Outbox>
  var pool: BlockPool
  var wheel: TimerWheel

  var parser: RequestParser
  var writer: HeadWriter
  /// The head that was parsed last, and its fields: scratch memory of the present request.
  var head: RequestHead
  var fields: FieldTable
  /// Start of the turn in which that head's last byte arrived.
  var arrivedAt: Instant
  /// The listeners' roles by number; empty if all have the plain role.
  let roles: [ListenerRole]
  /// The role of the connection that the request in `head` came over.
  var role: ListenerRole
  /// The normalised path of the request that is being handled.
  let pathBlock: OwnedBlock
  var repeated: RepeatedAnswers

  /// The clocks of this turn.
  var now: Instant
  var tick: Tick
  var unixSeconds: Int64

  /// Connections to settle at the end of the turn, each once.
  var dirty: IndexStack<Slot>
  /// Connections that used up their share of a turn while requests still wait.
  var unfinished: [Slot]
  package var openCount: Int
  /// Tick of the last reap pass; see `reapIfCrowded`.
  var reapedAt: Tick
  package var isDraining: Bool
  var counterCell: Cell<Counters>
  let accessLog: AccessLog?
  /// The peers' addresses by slot; empty unless the handler wants them.
  var peers: [PeerAddress?]
  /// What the handshakes agreed on, by slot; shorter than the highest slot, where no later one speaks TLS.
  var securities: ConnectionSecurities
  /// That of the present request, if it came over TLS.
  var currentSecurity: ConnectionSecurity?
  /// The peer of the present request.
  var currentPeer: PeerAddress?
  /// The number of this core's first request, a random one.
  let firstNumber: UInt64
  /// The number of the request whose collected body is complete and which is being handled.
  var collectedNumber: UInt64?

  package init(
    slots: Int, handler: Handler, limits: Limits = Limits(), timeouts: Timeouts = Timeouts(),
    announcedTimeout: UInt16? = nil, serverName: String? = nil, strictTransport: String? = nil,
    accessLog: AccessLogConfiguration? = nil,
    roles: [ListenerRole] = [], exchanges: ExchangePool, now: Instant
  ) {
    // Every property is initialised here: with default values at the declarations, -O released references
    // that were not initialised yet.
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
    writer = HeadWriter(serverName: serverName, strictTransport: strictTransport)
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
    securities = ConnectionSecurities()
    currentSecurity = nil
    currentPeer = nil
    firstNumber = .random(in: 0...UInt64.max)
    collectedNumber = nil
  }

  /// Counts of this core's events.
  package var counters: Counters {
    _read { yield counterCell.value }
    _modify { yield &counterCell.value }
  }

  /// The number of the request whose head was parsed last, or of the one whose body was just completed.
  var requestNumber: UInt64 { mutating get { collectedNumber ?? firstNumber &+ counterCell.value.requests } }

  /// Sets the clocks for all events until the next turn.
  package mutating func beginTurn(now: Instant, unixSeconds: Int64) {
    self.now = now
    self.unixSeconds = unixSeconds
    tick = Tick(at: now)
    writer.setDate(unixSeconds: unixSeconds)
    counters.turns += 1
  }

  /// Number of the core's own timers, whose IDs come first on the wheel; each slot's timer follows.
  static let ownTimers: UInt32 = 5

  @inline(__always) static func timer(of slot: Slot) -> TimerWheel.ID { slot.rawValue + ownTimers }

  /// Sets when the phase times out. The wheel is changed only if its timer would fire too late.
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

  /// The token was made for the connection that now uses the slot.
  mutating func isCurrent(_ token: Token) -> Bool {
    Int(token.slot) < connections.count && connections[token.slot].generation == token.generation
      && connections[token.slot].phase != .free
  }

  /// Makes a token for an operation of the connection that now uses the slot.
  mutating func token(_ operation: Operation, _ slot: Slot) -> Token {
    Token(operation, slot: slot, generation: connections[slot].generation)
  }

  // MARK: audit

  /// Blocks that connections hold; 0 after all are closed. Blocks that free outboxes keep do not count.
  package var heldBlocks: Int { pool.lentCount - keptBlocks().count }
  package var heldBytes: Int { pool.lentBytes - keptBlocks().bytes }
  package var heldIntakes: Int { intakes.claimedCount }
  package var heldOutboxes: Int { outboxes.claimedCount }
  package var heldRepeatedAnswers: Int { repeated.heldCount }
  package var armedTimers: Int { wheel.armedCount }
  /// Armed timers without the core's own.
  package var armedConnectionTimers: Int {
    var count = wheel.armedCount
    for timer in 0..<Self.ownTimers where wheel.isArmed(timer) { count -= 1 }
    return count
  }
}

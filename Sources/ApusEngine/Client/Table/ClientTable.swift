// ClientTable: all connections that one core has opened, the exchanges that they carry and the pools that
// hold them. Like `ConnectionTable` it performs no I/O: the reactor tells it what happened, tasks tell it
// what they want (through `ClientCall`), and it returns, for each connection, the next thing to do; only the
// reactor performs I/O.
//
//   +Exchanges   operations of tasks        +Receiving   responses
//   +Actions     from state to action       +Racing      several addresses of one host
//   +Closing     giving back, closing       +Timers      deadlines

package import ApusRing
import ApusWire

/// A client on one core: its pool and its rules.
package final class ClientHome {
  /// When it is gone, its pool is closed.
  weak let owner: AnyObject?
  let policy: ClientPolicy
  private let poolCell: Cell<Pool>
  /// The connection of each member.
  var connections: [Index<ClientConnection>] = []
  /// Makes its sessions, once there is one to make.
  private(set) lazy var connector = policy.security?.makeConnector()
  /// An object that its owner keeps on this core.
  var memo: AnyObject?

  init(_ policy: ClientPolicy, _ owner: AnyObject) {
    self.owner = owner
    self.policy = policy
    poolCell = Cell(Pool(limits: policy.pool))
  }

  var pool: Pool {
    _read { yield poolCell.value }
    _modify { yield &poolCell.value }
  }
}

package struct ClientTable: ~Copyable {
  /// Connections that one core may open, for all clients together.
  package static let connectionLimit = 1024
  /// The limits on a response's head.
  static let headLimits = HeadLimits(requestLineBytes: 8192, headBytes: 65_535, fieldCount: 256)
  /// The most bytes of one chunk in one send.
  static let sendBytes = 256 << 10

  /// The connections for which this core has slots.
  let limit: Int
  var homes: [ClientHome]
  var connections: Slab<ClientConnection>
  var freeNumbers: IndexStack<Index<ClientConnection>>
  var exchanges: IndexedPool<ClientExchange>
  var dirty: IndexStack<Index<ClientConnection>>
  var blocks: BlockPool
  /// Timers of connections come first, then those of exchanges.
  var wheel: TimerWheel
  let parser: ResponseParser
  /// The buffer that holds the bytes being parsed, if they may stay in it.
  var arriving: BodyBuffer?
  var head: ReceivedHead
  var fields: FieldTable
  /// This turn's time.
  package internal(set) var tick: Tick
  var identities: UInt64
  /// Connections whose number is in use.
  package internal(set) var openCount: Int
  package internal(set) var exchangeCount: Int
  var isShutDown: Bool

  init(now: Instant, limit: Int) {
    self.limit = limit
    homes = []
    connections = Slab(capacity: Self.connectionLimit) { ClientConnection() }
    freeNumbers = IndexStack(capacity: Self.connectionLimit)
    exchanges = IndexedPool(capacity: 1 << 20) { ClientExchange() }
    dirty = IndexStack(capacity: Self.connectionLimit)
    blocks = BlockPool()
    wheel = TimerWheel(now: Tick(at: now))
    parser = ResponseParser(limits: Self.headLimits)
    arriving = nil
    head = ReceivedHead()
    fields = FieldTable(capacity: Self.headLimits.fieldCount)
    tick = Tick(at: now)
    identities = 0
    openCount = 0
    exchangeCount = 0
    isShutDown = false
  }

  /// Makes a client's pool; returns its number, valid while `owner` lives. Idle connections of owners that
  /// are gone are closed.
  package mutating func addClient(_ policy: ClientPolicy, _ owner: AnyObject) -> Index<ClientHome> {
    var policy = policy
    policy.pool.connections = min(policy.pool.connections, limit)
    let home = ClientHome(policy, owner)
    var number = homes.count
    for index in homes.indices where homes[index].owner == nil {
      homes[index].pool.retireIdle()
      closeChosen(homes[index])
      if homes[index].pool.hostCount == 0 { number = index }
    }
    if number == homes.count { homes.append(home) } else { homes[number] = home }
    return Index(number)
  }

  package func memo(_ number: Index<ClientHome>) -> AnyObject? { homes[Int(number)].memo }
  package func keep(_ memo: AnyObject, _ number: Index<ClientHome>) { homes[Int(number)].memo = memo }

  /// Sets the time of everything that happens until the next turn.
  mutating func advance(to tick: Tick) { self.tick = max(self.tick, tick) }

  func home(of connection: Index<ClientConnection>) -> ClientHome {
    homes[Int(connections[connection].client)]
  }

  mutating func markDirty(_ connection: Index<ClientConnection>) {
    guard !connections[connection].flags.contains(.isDirty) else { return }
    connections[connection].flags.insert(.isDirty)
    dirty.push(connection)
  }

  package var hasDirty: Bool { !dirty.isEmpty }

  package mutating func nextDirty() -> Index<ClientConnection>? {
    guard let connection = dirty.pop() else { return nil }
    connections[connection].flags.remove(.isDirty)
    return connection
  }

  package mutating func isCurrent(_ token: Token) -> Bool {
    let number = token.connection
    return Int(number) < connections.count && connections[number].generation == token.generation
      && connections[number].phase != .free
  }

  package mutating func token(_ operation: Operation, _ connection: Index<ClientConnection>) -> Token {
    Token(operation, connection, generation: connections[connection].generation)
  }

  /// Claims a number for a new connection; nil at the limit.
  mutating func claimConnection(_ client: Index<ClientHome>) -> Index<ClientConnection>? {
    let number: Index<ClientConnection>
    if let free = freeNumbers.pop() {
      number = free
    } else {
      guard connections.count < limit else { return nil }
      number = Index(connections.count)
      connections.ensure(Int(number))
    }
    let generation = connections[number].generation
    let wasDirty = connections[number].flags.intersection(.isDirty)
    connections[number] = ClientConnection()
    connections[number].generation = generation
    connections[number].flags = wasDirty
    connections[number].client = client
    identities += 1
    connections[number].identity = identities
    openCount += 1
    return number
  }

  // MARK: audit

  package var heldBlocks: Int { blocks.lentCount }
  package var armedTimers: Int { wheel.armedCount }
  package var waiterCount: Int { homes.reduce(0) { $0 + $1.pool.waiterCount } }
  package var idleCount: Int { homes.reduce(0) { $0 + $1.pool.idleCount } }
  package var memberCount: Int { homes.reduce(0) { $0 + $1.pool.connectionCount } }
}

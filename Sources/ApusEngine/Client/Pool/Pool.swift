// Pool: who may use which connection. A state machine without I/O and without a clock: it is told what
// happened and when (`acquire`, `didConnect`, `release`, `discard`, `didClose`, `cancel`, `expire`) and
// answers what to do. The client's connection table calls it, and is the one that connects and closes.
//
//   +Acquire   who gets a connection                  +Release   what becomes of one that is given back
//   +Waiters   strict order per host, room in all
//   +Lists     the lists, and the invariants that tests check
//
// A member (a connection's number) goes free -> connecting -> leased <-> idle, and from any of
// these -> closing -> free. It counts against the bounds until `didClose`: a bound on
// connections is a bound on sockets.

/// One core's connections to all hosts, and who waits for one.
package struct Pool: ~Copyable {
  /// A connection's number, dense from 0, below `limits.connections`.
  package typealias Member = Index<MemberRecord>

  /// Which waiter, of all that have had this number.
  package struct WaiterID: Equatable, Sendable {
    let index: Index<Standing>
    let generation: UInt32
  }

  /// The result of an acquisition.
  package enum Acquisition: Equatable {
    /// An idle connection is leased to the caller.
    case reused(Member)
    /// A new member is leased to the caller, who connects it.
    case connect(Member)
    /// The owner stands in line; a `Grant` names it later.
    case wait(WaiterID)
    /// Too many wait already.
    case full
  }

  /// A waiter's turn has come: `owner` holds the lease of `member`.
  package struct Grant: Equatable {
    package let owner: Index<ClientExchange>
    package let member: Member
    /// The connection is open; otherwise the owner connects it.
    package let isReused: Bool

    package init(owner: Index<ClientExchange>, member: Member, isReused: Bool) {
      self.owner = owner
      self.member = member
      self.isReused = isReused
    }
  }

  /// The fate of a connection that was given back.
  package enum Release: Equatable {
    /// It lies in the pool, until this tick at most.
    case idle(until: Tick)
    /// The first waiter has it.
    case granted(Grant)
    /// Close it, then say `didClose`.
    case close
  }

  enum State: UInt8 { case free, connecting, leased, idle, closing }

  package struct MemberRecord {
    var state = State.free
    var host = Index<Host>.none
    /// Leases so far.
    var uses: UInt32 = 0
    var connectedAt = Tick(rawValue: 0)
    var releasedAt = Tick(rawValue: 0)
    var idleUntil = Tick(rawValue: 0)
    /// Among the host's idle members, and among all idle members.
    var ofHost = Links<MemberRecord>()
    var ofAll = Links<MemberRecord>()
  }

  struct Host {
    var key = PoolKey(host: "", port: 0)
    /// Members in any state but free.
    var count = 0
    var idle = Ends<MemberRecord>()
    var waiters = Ends<Standing>()
    var waiterCount = 0
    /// Among the hosts whose next waiter lacks nothing but room in all.
    var ofRoom = Links<Host>()
    var wantsRoom = false
  }

  struct Standing {
    var owner = Index<ClientExchange>.none
    var host = Index<Host>.none
    var generation: UInt32 = 0
    var isWaiting = false
    /// Wants no connection that was used before.
    var wantsFresh = false
    /// The number of its arrival.
    var arrival: UInt64 = 0
    var links = Links<Standing>()
  }

  package let limits: PoolLimits
  var members: IndexedPool<MemberRecord>
  var hosts: IndexedPool<Host>
  var waiters: IndexedPool<Standing>
  var hostNumbers: [PoolKey: Index<Host>]
  /// All idle members, in the order in which they were given back.
  var idle: Ends<MemberRecord>
  package internal(set) var idleCount: Int
  package internal(set) var waiterCount: Int
  /// Hosts that want room, each in its turn.
  var room: Ends<Host>
  var arrivals: UInt64
  /// Members that the pool itself has chosen to close.
  var toClose: [Member]

  package init(limits: PoolLimits = PoolLimits()) {
    precondition(limits.connections > 0 && limits.connectionsPerHost > 0, "a pool without room")
    self.limits = limits
    members = IndexedPool(capacity: limits.connections) { MemberRecord() }
    hosts = IndexedPool(capacity: limits.connections + limits.waiters) { Host() }
    waiters = IndexedPool(capacity: limits.waiters) { Standing() }
    hostNumbers = [:]
    idle = Ends()
    idleCount = 0
    waiterCount = 0
    room = Ends()
    arrivals = 0
    toClose = []
  }

  /// Connections in any state.
  package var connectionCount: Int { members.claimedCount }
  /// Hosts with a connection or a waiter.
  package var hostCount: Int { hosts.claimedCount }
  /// Leases taken on this connection so far, the present one too.
  package func uses(of member: Member) -> UInt32 { members[member].uses }
  /// When its connect was done.
  package func connectedAt(of member: Member) -> Tick { members[member].connectedAt }
  /// When it was last given back; before that, when it was connected.
  package func releasedAt(of member: Member) -> Tick { members[member].releasedAt }

  /// The next member that the pool wants closed; the caller closes it and says
  /// `didClose`. Ask after each event.
  package mutating func nextToClose() -> Member? { toClose.popLast() }
}

// Pool: who may use which connection. It is a state machine without I/O and without a clock: callers tell it
// what happened and when (`acquire`, `didConnect`, `release`, `discard`, `didClose`, `cancel`, `expire`), and
// it returns what to do. The client's connection table calls it, and connects and closes.
//
//   +Acquire   who gets a connection                  +Release   where a returned connection goes
//   +Waiters   strict order per host, total room
//   +Lists     the lists, and the invariants that tests check
//
// A member (a connection's number) goes free -> connecting -> leased <-> idle, and from any of these ->
// closing -> free. It counts against the limits until `didClose`: a limit on connections is a limit on
// sockets.

/// One core's connections to all hosts, and the waiters for them.
package struct Pool: ~Copyable {
  /// A member's number; numbers are dense from 0 and below `limits.connections`.
  package typealias Member = Index<MemberRecord>

  /// Identifies a waiter among all that have had its number.
  package struct WaiterID: Equatable, Sendable {
    let index: Index<Standing>
    let generation: UInt32
  }

  /// The result of an acquisition.
  package enum Acquisition: Equatable {
    /// An idle connection is leased to the caller.
    case reused(Member)
    /// A new member is leased to the caller, which connects it.
    case connect(Member)
    /// The owner is queued; a `Grant` names it later.
    case wait(WaiterID)
    /// The queue is full.
    case full
  }

  /// A waiter was served: `owner` holds the lease of `member`.
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

  /// The pool's decision on a connection that was given back.
  package enum Release: Equatable {
    /// It is idle in the pool, until this tick at most.
    case idle(until: Tick)
    /// The first waiter gets it.
    case granted(Grant)
    /// Close it, then call `didClose`.
    case close
  }

  enum State: UInt8 { case free, connecting, leased, idle, closing }

  package struct MemberRecord {
    var state = State.free
    var host = Index<Host>.none
    /// The number of leases so far.
    var uses: UInt32 = 0
    var connectedAt = Tick(rawValue: 0)
    var releasedAt = Tick(rawValue: 0)
    var idleUntil = Tick(rawValue: 0)
    /// Its links among the host's idle members, and among all idle members.
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
    /// Its links among the hosts whose next waiter lacks only room in the whole pool.
    var ofRoom = Links<Host>()
    var wantsRoom = false
  }

  struct Standing {
    var owner = Index<ClientExchange>.none
    var host = Index<Host>.none
    var generation: UInt32 = 0
    var isWaiting = false
    /// It accepts no connection that was used before.
    var wantsFresh = false
    /// Its place in the order of arrival.
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
  /// Hosts that want room, in the order of their turns.
  var room: Ends<Host>
  var arrivals: UInt64
  /// Members that the pool itself chose to close.
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
  /// Leases of this connection so far, including the present one.
  package func uses(of member: Member) -> UInt32 { members[member].uses }
  /// When its connect completed.
  package func connectedAt(of member: Member) -> Tick { members[member].connectedAt }
  /// When it was last given back; before that, when it connected.
  package func releasedAt(of member: Member) -> Tick { members[member].releasedAt }

  /// The next member that the pool wants closed; the caller closes it and calls `didClose`. To be called
  /// after each event.
  package mutating func nextToClose() -> Member? { toClose.popLast() }
}

import ApusEngine
import Testing

/// The pool, event by event.
@Suite struct PoolTests {
  static let key = PoolKey(host: "a", port: 80)
  static func tick(_ value: UInt64) -> Tick { Tick(rawValue: value) }

  /// The number of the first connection.
  private let member: Pool.Member = 0

  /// A pool with one connection to `key`, member 0, leased and connected at tick 0.
  static func pool(_ limits: PoolLimits = PoolLimits()) -> Pool {
    var pool = Pool(limits: limits)
    guard case .connect(let member) = pool.acquire(key, for: 1, now: tick(0)) else {
      preconditionFailure("an empty pool leased something else")
    }
    pool.didConnect(member, now: tick(0))
    precondition(member == 0)
    return pool
  }

  @Test func `a connection that was given back is used again`() {
    var pool = Self.pool()
    #expect(pool.release(member, keepsAlive: true, now: Self.tick(10)) == .idle(until: Self.tick(15_010)))
    #expect(pool.acquire(Self.key, for: 2, now: Self.tick(20)) == .reused(member))
    #expect(pool.uses(of: member) == 2)
    #expect(pool.connectionCount == 1)
    pool.checkInvariants()
  }

  @Test func `one that must not stay is closed`() {
    var pool = Self.pool()
    #expect(pool.release(member, keepsAlive: false, now: Self.tick(10)) == .close)
    #expect(pool.connectionCount == 1, "it counts until it is closed")
    #expect(pool.didClose(member) == nil)
    #expect(pool.connectionCount == 0 && pool.hostCount == 0)
  }

  @Test(
    arguments: [
      (nil, 15_000), (5, 4_000), (16, 15_000), (17, 15_000), (UInt32.max, 15_000), (2, 1_000),
    ] as [(UInt32?, UInt64)])
  func `it stays idle for fifteen seconds, or a second less than the server says`(
    hint: UInt32?, ticks: UInt64
  ) {
    var pool = Self.pool()
    let released = pool.release(member, keepsAlive: true, hint: hint, now: Self.tick(100))
    #expect(released == .idle(until: Self.tick(100 + ticks)))
    #expect(pool.idleDeadline(of: member) == Self.tick(100 + ticks))
    #expect(pool.expire(member, now: Self.tick(99 + ticks)) == false)
    #expect(pool.expire(member, now: Self.tick(100 + ticks)) == true)
    #expect(pool.didClose(member) == nil)
    #expect(pool.connectionCount == 0)
  }

  @Test(arguments: [0, 1] as [UInt32])
  func `a server that hardly waits is not kept waiting`(hint: UInt32) {
    var pool = Self.pool()
    #expect(pool.release(member, keepsAlive: true, hint: hint, now: Self.tick(100)) == .close)
  }

  @Test func `a timer that is late leases out nothing that is stale`() {
    var pool = Self.pool()
    _ = pool.release(member, keepsAlive: true, hint: 3, now: Self.tick(0))
    guard case .connect(let other) = pool.acquire(Self.key, for: 2, now: Self.tick(2_000)) else {
      Issue.record("an expired connection was leased")
      return
    }
    #expect(other != member)
    #expect(pool.nextToClose() == member)
    #expect(pool.nextToClose() == nil)
    pool.checkInvariants()
  }

  @Test func `the idle timer follows each return, and fires at none that is leased`() {
    // K3: armed at the first return and left so, it would end a connection in the middle of a later exchange.
    var pool = Self.pool()
    _ = pool.release(member, keepsAlive: true, now: Self.tick(0))
    #expect(pool.acquire(Self.key, for: 2, now: Self.tick(14_000)) == .reused(member))
    #expect(pool.expire(member, now: Self.tick(15_000)) == false, "leased")
    #expect(pool.idleDeadline(of: member) == nil)
    _ = pool.release(member, keepsAlive: true, now: Self.tick(16_000))
    #expect(pool.expire(member, now: Self.tick(30_999)) == false)
    #expect(pool.idleDeadline(of: member) == Self.tick(31_000))
    #expect(pool.expire(member, now: Self.tick(31_000)) == true)
  }

  @Test func `the freshest connection goes first, or the oldest`() {
    for order in [ReuseOrder.freshestFirst, .oldestFirst] {
      var limits = PoolLimits()
      limits.order = order
      var pool = Self.pool(limits)
      guard case .connect(let second) = pool.acquire(Self.key, for: 2, now: Self.tick(0)) else {
        Issue.record("a leased connection was leased again")
        return
      }
      pool.didConnect(second, now: Self.tick(0))
      _ = pool.release(second, keepsAlive: true, now: Self.tick(1))
      _ = pool.release(member, keepsAlive: true, now: Self.tick(2))
      let next = pool.acquire(Self.key, for: 3, now: Self.tick(3))
      #expect(next == .reused(order == .freshestFirst ? member : second))
    }
  }

  @Test func `uses and age are bounded`() {
    var limits = PoolLimits()
    limits.usesPerConnection = 2
    limits.ageTicks = 5_000
    var pool = Self.pool(limits)
    #expect(pool.release(member, keepsAlive: true, now: Self.tick(1)) == .idle(until: Self.tick(5_000)))
    #expect(pool.acquire(Self.key, for: 2, now: Self.tick(2)) == .reused(member))
    #expect(pool.release(member, keepsAlive: true, now: Self.tick(3)) == .close, "used twice")
    var old = Self.pool(limits)
    #expect(old.release(member, keepsAlive: true, now: Self.tick(5_000)) == .close, "too old")
  }

  @Test func `an idle connection that the server ends is gone at once`() {
    var pool = Self.pool()
    _ = pool.release(member, keepsAlive: true, now: Self.tick(0))
    #expect(pool.discard(member) == true)
    guard case .connect = pool.acquire(Self.key, for: 2, now: Self.tick(1)) else {
      Issue.record("a lost connection was leased")
      return
    }
    #expect(pool.discard(member) == false, "it is closing")
    #expect(pool.didClose(member) == nil)
    pool.checkInvariants()
  }

  @Test func `at the bound of a host one waits, and gets the first that is given back`() {
    var limits = PoolLimits()
    limits.connectionsPerHost = 1
    var pool = Self.pool(limits)
    guard case .wait = pool.acquire(Self.key, for: 2, now: Self.tick(1)),
      case .wait = pool.acquire(Self.key, for: 3, now: Self.tick(1))
    else {
      Issue.record("more connections than the bound")
      return
    }
    let first = pool.release(member, keepsAlive: true, now: Self.tick(2))
    #expect(first == .granted(.init(owner: 2, member: member, isReused: true)))
    #expect(pool.release(member, keepsAlive: false, now: Self.tick(3)) == .close)
    let second = pool.didClose(member)
    #expect(second?.owner == 3 && second?.isReused == false)
    pool.checkInvariants()
  }

  @Test func `full in all, another host's oldest idle connection makes room`() {
    var limits = PoolLimits()
    limits.connections = 1
    var pool = Self.pool(limits)
    _ = pool.release(member, keepsAlive: true, now: Self.tick(1))
    guard case .wait = pool.acquire(PoolKey(host: "b", port: 80), for: 2, now: Self.tick(2)) else {
      Issue.record("more connections than there may be")
      return
    }
    #expect(pool.nextToClose() == member)
    let grant = pool.didClose(member)
    #expect(grant?.owner == 2 && grant?.isReused == false)
    pool.checkInvariants()
  }

  @Test func `a busy host does not starve another of room`() {
    var limits = PoolLimits()
    limits.connections = 1
    var pool = Self.pool(limits)
    _ = pool.acquire(Self.key, for: 2, now: Self.tick(1))
    _ = pool.acquire(PoolKey(host: "b", port: 80), for: 3, now: Self.tick(1))
    _ = pool.acquire(Self.key, for: 4, now: Self.tick(1))
    #expect(
      pool.release(member, keepsAlive: true, now: Self.tick(2))
        == .granted(.init(owner: 2, member: member, isReused: true)))
    // 3 came before 4, so the connection is given up for it.
    #expect(pool.release(member, keepsAlive: true, now: Self.tick(3)) == .close)
    #expect(pool.didClose(member)?.owner == 3)
    pool.checkInvariants()
  }

  @Test func `a request for a fresh connection gets one, at the bound too`() {
    var limits = PoolLimits()
    limits.connectionsPerHost = 1
    var pool = Self.pool(limits)
    _ = pool.release(member, keepsAlive: true, now: Self.tick(1))
    guard case .wait = pool.acquire(Self.key, for: 2, fresh: true, now: Self.tick(2)) else {
      Issue.record("a used connection, or one too many")
      return
    }
    #expect(pool.nextToClose() == member)
    #expect(pool.didClose(member)?.isReused == false)
  }

  @Test func `the line has an end`() {
    var limits = PoolLimits()
    limits.connectionsPerHost = 1
    limits.waiters = 2
    var pool = Self.pool(limits)
    guard case .wait(let waiter) = pool.acquire(Self.key, for: 2, now: Self.tick(0)) else {
      Issue.record("more connections than the bound")
      return
    }
    _ = pool.acquire(Self.key, for: 3, now: Self.tick(0))
    #expect(pool.acquire(Self.key, for: 4, now: Self.tick(0)) == .full)
    #expect(pool.cancel(waiter) == true)
    #expect(pool.cancel(waiter) == false, "it has left")
    guard case .wait = pool.acquire(Self.key, for: 5, now: Self.tick(0)) else {
      Issue.record("a place in the line was lost")
      return
    }
  }

  @Test func `a pool can be emptied`() {
    var pool = Self.pool()
    _ = pool.release(member, keepsAlive: true, now: Self.tick(0))
    pool.retireIdle()
    #expect(pool.nextToClose() == member)
    #expect(pool.didClose(member) == nil)
    #expect(pool.idleCount == 0 && pool.connectionCount == 0)
  }
}

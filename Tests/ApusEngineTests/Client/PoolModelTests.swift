// The pool against a model that does the same slowly, over seeded lists of events.

import ApusEngine
import ApusTesting
import Testing

@Suite struct PoolModelTests {
  @Test func `the pool does what the model does`() {
    for seed in Seed.list(standard: 200) {
      var run = PoolModelRun(seed: seed)
      if let failure = run.play(steps: 400) {
        Issue.record("\(failure)\n\(Seed.commandLine(seed, filter: "PoolModelTests"))")
        return
      }
    }
  }

  @Test func `a storm of cancels leaves nothing behind`() {
    // K13.
    for seed in Seed.list(standard: 50) {
      var random = SeededGenerator(seed: seed)
      var limits = PoolLimits()
      limits.connectionsPerHost = 2
      var pool = Pool(limits: limits)
      var leased: [Pool.Member] = []
      var waiting: [Pool.WaiterID] = []
      for owner in 0..<500 {
        switch pool.acquire(
          PoolKey(host: "h\(random.below(5))", port: 80), for: Index(owner), now: Tick(rawValue: 0))
        {
        case .connect(let member):
          pool.didConnect(member, now: Tick(rawValue: 0))
          leased.append(member)
        case .wait(let waiter): waiting.append(waiter)
        case .reused, .full: Issue.record("nothing is idle, and there is room in line")
        }
      }
      #expect(leased.count == 10 && pool.waiterCount == 490)
      waiting.shuffle(using: &random)
      // All but forty leave, in any order, while connections come and go; some are served before.
      for waiter in waiting.dropFirst(40) {
        _ = pool.cancel(waiter)
        pool.checkInvariants()
        if random.chance(0.1) {
          let member = leased.remove(at: random.below(leased.count))
          switch pool.release(member, keepsAlive: true, now: Tick(rawValue: 1)) {
          case .granted(let grant): leased.append(grant.member)
          case .idle: break
          case .close: Issue.record("nobody asked for a close")
          }
          if leased.isEmpty { break }
        }
      }
      // The rest is served in the end.
      while let member = leased.popLast() {
        if case .granted(let grant) = pool.release(member, keepsAlive: true, now: Tick(rawValue: 2)) {
          leased.append(grant.member)
        }
      }
      for waiter in waiting where pool.cancel(waiter) { Issue.record("somebody still waits, seed \(seed)") }
      pool.retireIdle()
      while let member = pool.nextToClose() { #expect(pool.didClose(member) == nil) }
      #expect(pool.waiterCount == 0 && pool.connectionCount == 0 && pool.hostCount == 0, "seed \(seed)")
    }
  }
}

/// One seed's events, with a plain record of what must be true.
struct PoolModelRun: ~Copyable {
  enum State: Equatable { case connecting, leased, idle(since: UInt64, until: UInt64), closing }

  struct Known {
    var state: State
    var host: Int
    var connectedAt: UInt64 = 0
    /// Ties between releases in one tick go by this.
    var order = 0
  }

  struct Standing {
    var owner: Index<ClientExchange>
    var host: Int
    var fresh: Bool
    var id: Pool.WaiterID
  }

  private var random: SeededGenerator
  private var limits = PoolLimits()
  private var pool: Pool
  private var members: [Pool.Member: Known] = [:]
  private var line: [Standing] = []
  private var now: UInt64 = 1_000
  private var owners = 0
  private var releases = 0
  private let keys = (0..<4).map { PoolKey(host: "host\($0)", port: 80) }

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    limits.connectionsPerHost = random.within(1...4)
    limits.connections = random.within(1...9)
    limits.waiters = random.element(of: [3, 1000])
    limits.order = random.chance(0.5) ? .freshestFirst : .oldestFirst
    if random.chance(0.3) { limits.usesPerConnection = UInt32(random.within(1...5)) }
    if random.chance(0.3) { limits.ageTicks = UInt64(random.within(1...40_000)) }
    pool = Pool(limits: limits)
  }

  private var tick: Tick { Tick(rawValue: now) }

  mutating func play(steps: Int) -> String? {
    for step in 0..<steps {
      if let failure = event() { return "step \(step): \(failure)" }
      pool.checkInvariants()
      if let failure = closeChosen() { return "step \(step): \(failure)" }
      if pool.connectionCount != members.count { return "step \(step): \(pool.connectionCount) connections" }
      if pool.waiterCount != line.count {
        return "step \(step): \(pool.waiterCount) waiters, not \(line.count)"
      }
    }
    return finish()
  }

  private mutating func event() -> String? {
    switch random.below(12) {
    case 0...3: return acquire()
    case 4, 5:
      guard let member = pick(.connecting) else { return nil }
      if random.chance(0.8) {
        pool.didConnect(member, now: tick)
        members[member]!.state = .leased
        members[member]!.connectedAt = now
      } else {
        pool.discard(member)
        members[member]!.state = .closing
      }
      return nil
    case 6, 7: return release()
    case 8:
      guard let member = members.keys.sorted().randomElement(using: &random) else { return nil }
      if pool.discard(member) == (members[member]!.state == .closing) { return "discarded twice, or not" }
      members[member]!.state = .closing
      return nil
    case 9:
      guard let member = pick(.closing) else { return nil }
      return close(member)
    case 10:
      guard !line.isEmpty else { return nil }
      let index = random.below(line.count)
      return pool.cancel(line.remove(at: index).id) ? nil : "a waiter could not leave"
    default:
      now += UInt64(random.below(6_000))
      return expire()
    }
  }

  private func pick(_ state: State) -> Pool.Member? {
    members.keys.sorted().first { members[$0]!.state == state }
  }

  private func isIdle(_ member: Pool.Member) -> Bool {
    if case .idle = members[member]!.state { return true }
    return false
  }

  private func isUsable(_ known: Known) -> Bool {
    if case .idle(_, let until) = known.state { return until > now }
    return false
  }

  private mutating func acquire() -> String? {
    let host = random.below(keys.count)
    let fresh = random.chance(0.1)
    owners += 1
    let usable = members.filter { $0.value.host == host && isUsable($0.value) }
    switch pool.acquire(keys[host], for: Index(owners), fresh: fresh, now: tick) {
    case .reused(let member):
      if fresh { return "a used connection for one who wants none" }
      guard usable[member] != nil else { return "an unusable connection was leased" }
      let orders = usable.values.map(\.order)
      let wanted = limits.order == .freshestFirst ? orders.max() : orders.min()
      if members[member]!.order != wanted { return "not in the order of reuse" }
      members[member]!.state = .leased
    case .connect(let member):
      if !fresh, !usable.isEmpty { return "a new connection beside a usable one" }
      if members[member] != nil { return "member \(member) twice" }
      members[member] = Known(state: .connecting, host: host)
    case .wait(let id):
      if !fresh, !usable.isEmpty { return "a waiter beside a usable connection" }
      line.append(Standing(owner: Index(owners), host: host, fresh: fresh, id: id))
    case .full:
      if line.count < limits.waiters { return "refused with \(line.count) in line" }
    }
    return nil
  }

  private mutating func release() -> String? {
    guard let member = pick(.leased) else { return nil }
    let host = members[member]!.host
    let keeps = random.chance(0.85)
    let hint = random.chance(0.3) ? UInt32(random.below(30)) : nil
    let uses = pool.uses(of: member)
    let lifeEnd = limits.ageTicks.map { members[member]!.connectedAt + $0 } ?? .max
    let ends = !keeps || hint == 0 || uses >= limits.usesPerConnection ?? .max || lifeEnd <= now
    releases += 1
    switch pool.release(member, keepsAlive: keeps, hint: hint, now: tick) {
    case .idle(let until):
      if ends { return "kept a connection that had to end" }
      if line.contains(where: { $0.host == host && !$0.fresh }) { return "idle beside a waiter" }
      let patience = min(15_000, hint.map { UInt64($0) * 1000 - 1000 } ?? 15_000)
      let wanted = min(now + patience, lifeEnd)
      if until.rawValue != wanted { return "idle until \(until.rawValue), not \(wanted)" }
      members[member]!.state = .idle(since: now, until: wanted)
      members[member]!.order = releases
    case .granted(let grant):
      if ends { return "handed on a connection that had to end" }
      if grant.member != member || !grant.isReused { return "granted something else" }
      members[member]!.order = releases
      return serve(grant, host: host)
    case .close:
      let isWanted = line.contains { $0.host != host || $0.fresh }
      let isShort = hint == 1 && !line.contains { $0.host == host }
      if !ends, !isWanted, !isShort { return "closed a connection for nothing" }
      members[member]!.state = .closing
    }
    return nil
  }

  /// The waiter served must be the first of its host.
  private mutating func serve(_ grant: Pool.Grant, host: Int?) -> String? {
    guard let index = line.firstIndex(where: { $0.owner == grant.owner }) else {
      return "nobody waits as \(grant.owner)"
    }
    let standing = line.remove(at: index)
    if line[..<index].contains(where: { $0.host == standing.host }) {
      return "\(grant.owner) jumped the line"
    }
    if let host, standing.host != host { return "a connection to another host" }
    if grant.isReused {
      if standing.fresh { return "a used connection for one who wants none" }
      members[grant.member]!.state = .leased
    } else {
      if members[grant.member] != nil { return "member \(grant.member) twice" }
      members[grant.member] = Known(state: .connecting, host: standing.host)
    }
    return nil
  }

  private mutating func close(_ member: Pool.Member) -> String? {
    members[member] = nil
    guard let grant = pool.didClose(member) else { return nil }
    return serve(grant, host: nil)
  }

  /// What the pool itself wants closed was idle.
  private mutating func closeChosen() -> String? {
    while let member = pool.nextToClose() {
      if !isIdle(member) { return "\(member) is \(members[member]!.state), not idle, and to be closed" }
      members[member]!.state = .closing
      if random.chance(0.7), let failure = close(member) { return failure }
    }
    return nil
  }

  private mutating func expire() -> String? {
    for member in members.keys.sorted() {
      let isDue = isIdle(member) && !isUsable(members[member]!)
      if pool.expire(member, now: tick) != isDue { return "\(member): expiry" }
      if isDue { members[member]!.state = .closing }
    }
    return nil
  }

  /// Everybody is served, everything is closed, nothing is left.
  private mutating func finish() -> String? {
    for _ in 0..<100_000 where !members.isEmpty {
      let member = members.keys.sorted().first!
      if isIdle(member) {
        pool.retireIdle()
        if let failure = closeChosen() { return failure }
      } else {
        pool.discard(member)
        members[member]!.state = .closing
        if let failure = close(member) { return failure }
      }
    }
    if !line.isEmpty { return "\(line.count) wait for ever" }
    if pool.hostCount != 0 || pool.idleCount != 0 || pool.waiterCount != 0 { return "something is left" }
    return nil
  }
}

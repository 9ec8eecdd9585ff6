// The wheel against a dictionary that does the same slowly, over seeded lists of operations.

import ApusEngine
import ApusTesting
import Testing

@Suite struct TimerWheelModelTests {
  /// What an arm picks: near, at the borders of levels, far.
  static func delay(_ random: inout SeededGenerator) -> UInt64 {
    switch random.below(6) {
    case 0: UInt64(random.below(4))
    case 1: UInt64(random.below(200))
    case 2: UInt64(random.below(80_000))
    case 3: (1 << UInt64(6 * random.within(1...7))) + UInt64(random.below(3)) - 1
    case 4: UInt64(random.below(1 << 45))
    default: 75_000
    }
  }

  @Test func `the wheel does what the model does`() {
    for seed in Seed.list(standard: 100) {
      if let failure = Self.run(seed: seed) {
        Issue.record("\(failure)\n\(Seed.commandLine(seed, filter: "TimerWheelModelTests"))")
        return
      }
    }
  }

  /// A sentence on the first difference, or nil.
  static func run(seed: UInt64) -> String? {
    var run = Run(seed: seed)
    for step in 0..<300 {
      if let difference = run.step() ?? run.difference() { return "step \(step): \(difference)" }
    }
    return nil
  }

  /// A wheel beside a dictionary of deadlines.
  private struct Run: ~Copyable {
    private var random: SeededGenerator
    private var now: UInt64
    private var wheel: TimerWheel
    private var model: [UInt32: UInt64] = [:]
    /// What was overdue when it was armed counts as due at that moment.
    private var order: [UInt32: UInt64] = [:]
    private var isExact = true
    private let idCount: Int

    init(seed: UInt64) {
      random = SeededGenerator(seed: seed)
      now = UInt64(random.below(3) == 0 ? 0 : random.below(1 << 40))
      wheel = TimerWheel(now: Tick(rawValue: now))
      idCount = random.element(of: [3, 40, 300])
    }

    mutating func step() -> String? {
      switch random.below(10) {
      case 0...4: arm(UInt32(random.below(idCount)))
      case 5:
        let id = UInt32(random.below(idCount))
        wheel.disarm(id)
        if model.removeValue(forKey: id) != nil { isExact = false }
      default: return advance()
      }
      return nil
    }

    private mutating func arm(_ id: UInt32) {
      // One in eight lies in the past.
      let back = random.below(8) == 0 ? min(now, UInt64(random.below(100))) : 0
      let deadline = now - back + (back == 0 ? TimerWheelModelTests.delay(&random) : 0)
      if random.chance(0.3) {
        if let armed = model[id], deadline < armed { isExact = false }
        wheel.arm(id, noLaterThan: Tick(rawValue: deadline))
        model[id] = min(deadline, model[id] ?? .max)
      } else {
        if model[id] != nil { isExact = false }
        wheel.arm(id, at: Tick(rawValue: deadline))
        model[id] = deadline
      }
      if model[id] == deadline { order[id] = max(deadline, now) }
    }

    /// Either as the reactor sleeps, or wherever.
    private mutating func advance() -> String? {
      if random.chance(0.5), let next = wheel.nextDeadline() {
        now = max(now, next.rawValue)
      } else {
        now += TimerWheelModelTests.delay(&random)
      }
      var last: UInt64 = 0
      while let id = wheel.popExpired(now: Tick(rawValue: now)) {
        guard let due = model.removeValue(forKey: id) else { return "\(id) fired unarmed" }
        if due > now { return "\(id) fired \(due - now) ticks early" }
        if order[id]! < last { return "\(id) fired after a later one" }
        last = order[id]!
        // Re-arming in the middle of an expiry, now and then.
        if random.chance(0.2) {
          let deadline = now + 1 + TimerWheelModelTests.delay(&random)
          wheel.arm(id, at: Tick(rawValue: deadline))
          model[id] = deadline
          order[id] = deadline
        }
      }
      return model.first { $0.value <= now }.map { "\($0) did not fire" }
    }

    mutating func difference() -> String? {
      wheel.checkInvariants()
      if wheel.armedCount != model.count { return "\(wheel.armedCount) armed, not \(model.count)" }
      for (id, due) in model where wheel.armedDeadline(of: id) != Tick(rawValue: due) {
        return "\(id) is armed for \(String(describing: wheel.armedDeadline(of: id))), not \(due)"
      }
      switch (wheel.nextDeadline()?.rawValue, model.values.min()) {
      case (nil, nil): isExact = true
      case (let next?, let first?) where next == first || (!isExact && next < first): break
      case (let next, let first):
        return "next \(String(describing: next)), model \(String(describing: first))"
      }
      return nil
    }
  }

  @Test func `sleeping until the next deadline wakes every timer in its own tick`() {
    for seed in Seed.list(standard: 50) {
      var random = SeededGenerator(seed: seed)
      var now: UInt64 = 1_234_567
      var wheel = TimerWheel(now: Tick(rawValue: now))
      var due: [UInt32: UInt64] = [:]
      for id: UInt32 in 0..<200 {
        let deadline = now + 1 + Self.delay(&random)
        wheel.arm(id, at: Tick(rawValue: deadline))
        due[id] = deadline
      }
      var wakes = 0
      let distinct = Set(due.values).count
      while let next = wheel.nextDeadline() {
        now = next.rawValue
        wakes += 1
        while let id = wheel.popExpired(now: next) {
          #expect(
            due.removeValue(forKey: id) == now, "\(Seed.commandLine(seed, filter: "TimerWheelModelTests"))")
        }
      }
      #expect(due.isEmpty)
      #expect(wakes == distinct, "nothing was disarmed, so no wake was in vain")
    }
  }
}

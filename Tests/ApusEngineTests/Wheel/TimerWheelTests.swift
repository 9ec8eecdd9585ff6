// The wheel's promises, one by one.

import ApusEngine
import ApusRing
import Testing

@Suite struct TimerWheelTests {
  /// Pops everything that is due, in order.
  static func popAll(_ wheel: inout TimerWheel, at now: UInt64) -> [UInt32] {
    var popped: [UInt32] = []
    while let id = wheel.popExpired(now: Tick(rawValue: now)) {
      popped.append(id)
      wheel.checkInvariants()
    }
    return popped
  }

  @Test func `an empty wheel has no deadline`() {
    var wheel = TimerWheel(now: Tick(rawValue: 5))
    #expect(wheel.nextDeadline() == nil)
    #expect(wheel.popExpired(now: Tick(rawValue: 1_000_000)) == nil)
    #expect(wheel.nextDeadline() == nil)
    #expect(wheel.armedCount == 0)
  }

  @Test func `a timer fires at its tick and not before`() {
    for delay: UInt64 in [1, 2, 63, 64, 65, 4095, 4096, 75_000, 262_144, 86_400_000, 1 << 40, 1 << 62] {
      for start: UInt64 in [0, 1, 63, 64, 12_345_678, (1 << 36) - 1] {
        var wheel = TimerWheel(now: Tick(rawValue: start))
        wheel.arm(7, at: Tick(rawValue: start + delay))
        wheel.checkInvariants()
        #expect(wheel.nextDeadline() == Tick(rawValue: start + delay), "\(start) + \(delay)")
        #expect(Self.popAll(&wheel, at: start + delay - 1) == [], "\(start) + \(delay)")
        #expect(wheel.nextDeadline() == Tick(rawValue: start + delay), "\(start) + \(delay)")
        #expect(Self.popAll(&wheel, at: start + delay) == [7], "\(start) + \(delay)")
        #expect(wheel.nextDeadline() == nil)
        #expect(wheel.isArmed(7) == false)
      }
    }
  }

  @Test func `arming an armed timer moves it, earlier and later`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    wheel.arm(1, at: Tick(rawValue: 500))
    wheel.arm(1, at: Tick(rawValue: 90_000))
    #expect(wheel.armedCount == 1)
    #expect(Self.popAll(&wheel, at: 500) == [])
    wheel.arm(1, at: Tick(rawValue: 501))
    #expect(wheel.armedDeadline(of: 1) == Tick(rawValue: 501))
    #expect(Self.popAll(&wheel, at: 501) == [1])
    #expect(Self.popAll(&wheel, at: 100_000) == [])
  }

  @Test func `arming lazily keeps the earlier entry and takes an earlier deadline`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    wheel.arm(1, noLaterThan: Tick(rawValue: 500))
    wheel.arm(1, noLaterThan: Tick(rawValue: 900))
    #expect(wheel.armedDeadline(of: 1) == Tick(rawValue: 500))
    wheel.arm(1, noLaterThan: Tick(rawValue: 300))
    #expect(wheel.armedDeadline(of: 1) == Tick(rawValue: 300))
    #expect(Self.popAll(&wheel, at: 300) == [1])
  }

  @Test func `a deadline in the past is due at once and wakes at once`() {
    var wheel = TimerWheel(now: Tick(rawValue: 10_000))
    wheel.arm(3, at: Tick(rawValue: 2))
    wheel.checkInvariants()
    let next = wheel.nextDeadline()
    #expect(next != nil && next! <= Tick(rawValue: 10_000))
    #expect(wheel.armedDeadline(of: 3) == Tick(rawValue: 2))
    #expect(Self.popAll(&wheel, at: 10_000) == [3])
  }

  @Test func `a disarmed timer never fires, and disarming twice or an unknown id is harmless`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    wheel.arm(1, at: Tick(rawValue: 70))
    wheel.arm(2, at: Tick(rawValue: 70))
    wheel.disarm(1)
    wheel.disarm(1)
    wheel.disarm(1_000_000)
    wheel.checkInvariants()
    #expect(wheel.armedCount == 1)
    #expect(Self.popAll(&wheel, at: 1000) == [2])
  }

  @Test func `between two pops any timer may be armed again or disarmed`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    for id: UInt32 in 0..<100 { wheel.arm(id, at: Tick(rawValue: 40)) }
    var fired: Set<UInt32> = []
    while let id = wheel.popExpired(now: Tick(rawValue: 50)) {
      #expect(fired.insert(id).inserted)
      // What fired is armed anew; its neighbour of the pair, unless it has fired, never will.
      wheel.arm(id, at: Tick(rawValue: 60))
      if !fired.contains(id ^ 1) { wheel.disarm(id ^ 1) }
      wheel.checkInvariants()
    }
    #expect(fired.count == 50)
    #expect(Set(Self.popAll(&wheel, at: 60)) == fired)
  }

  @Test func `ten thousand timers of one tick all fire, each once, and a turn may stop anywhere`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    for id: UInt32 in 0..<10_000 { wheel.arm(id, at: Tick(rawValue: 75_000)) }
    wheel.checkInvariants()
    #expect(wheel.nextDeadline() == Tick(rawValue: 75_000))
    var fired: Set<UInt32> = []
    var now: UInt64 = 75_000
    while !wheel.isEmpty {
      // A turn pops at most 256; the wheel stays due meanwhile.
      for _ in 0..<256 {
        guard let id = wheel.popExpired(now: Tick(rawValue: now)) else { break }
        #expect(fired.insert(id).inserted)
      }
      if let next = wheel.nextDeadline() { #expect(next <= Tick(rawValue: now)) }
      wheel.checkInvariants()
      now += 1
    }
    #expect(fired.count == 10_000)
  }

  @Test func `far ids need no neighbours`() {
    var wheel = TimerWheel(now: Tick(rawValue: 0))
    wheel.arm(100_000, at: Tick(rawValue: 1))
    wheel.arm(0, at: Tick(rawValue: 2))
    #expect(Self.popAll(&wheel, at: 2) == [100_000, 0])
  }
}

@Suite struct TickTests {
  @Test func `deadlines round up and now rounds down`() {
    #expect(Tick(deadline: Instant(nanoseconds: 1_000_000)) == Tick(rawValue: 1))
    #expect(Tick(deadline: Instant(nanoseconds: 1_000_001)) == Tick(rawValue: 2))
    #expect(Tick(at: Instant(nanoseconds: 1_999_999)) == Tick(rawValue: 1))
    #expect(Tick(at: Instant(nanoseconds: 2_000_000)) == Tick(rawValue: 2))
    #expect(Tick(rawValue: 7).instant == Instant(nanoseconds: 7_000_000))
  }

  @Test func `durations round up, and the far future does not overflow`() {
    #expect(Tick.count(in: .seconds(75)) == 75_000)
    #expect(Tick.count(in: .nanoseconds(1)) == 1)
    #expect(Tick.count(in: .microseconds(1500)) == 2)
    #expect(Tick.count(in: .zero) == 0)
    #expect(Tick.count(in: .seconds(-3)) == 0)
    #expect(Tick.count(in: .seconds(Int64.max)) == .max)
    #expect(Tick(rawValue: 5) + .max == Tick(rawValue: .max))
    #expect(Tick(rawValue: .max).instant == Instant(nanoseconds: .max))
  }
}

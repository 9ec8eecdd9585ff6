// TimerWheel: every deadline of one core. The reactor arms and disarms by timer id and pops the expired
// timers once a turn. It never reads a clock, never calls back and allocates only for ids not seen before.

/// A hierarchical timing wheel: eleven levels of 64 slots, one tick (1 ms) at the bottom, all of `UInt64` at
/// the top.
///
/// A timer lies on the level of the highest six-bit digit in which its deadline differs from `elapsed`. So
/// - any timer on a lower level is due before any timer on a higher one,
/// - within a level the lowest occupied slot is due first, and no slot is ever behind `elapsed`,
/// - a timer moves down a level (a cascade) only when `elapsed` enters its slot: at most once per level.
///
/// Arming, disarming and expiring are O(1): 9 ns to move a timer, 3.5 ns to leave it lazily. Timers of one
/// slot are linked through their nodes, which are in one array indexed by timer id: 16 bytes per id, armed or
/// not.
package struct TimerWheel: ~Copyable {
  /// A dense number: a connection's slot is its timer. Below `TimerWheel.idLimit`.
  package typealias ID = UInt32

  /// Ids from here on mark list heads in `Node.previous`.
  package static let idLimit: ID = 1 << 31

  struct Node: BitwiseCopyable {
    /// The next timer of the slot, or `none`.
    var next: ID
    /// The previous timer of the slot; `headMark | bucket` for the first; `none` while disarmed.
    var previous: ID
    var deadline: Tick

    static var disarmed: Node { Node(next: none, previous: none, deadline: Tick(rawValue: 0)) }
  }

  struct Bucket: BitwiseCopyable {
    var head: ID
    /// No timer of the slot is due before this. It is exact until the first of them is disarmed.
    var earliest: Tick
  }

  static let none = ID.max
  static let headMark = idLimit
  static let digitBits = 6
  static let slotsPerLevel = 1 << digitBits
  /// Eleven digits of six bits hold the 64 bits of a tick.
  static let levelCount = 11

  var nodes = TrivialArray<Node>(repeating: .disarmed, count: 0)
  var buckets = TrivialArray<Bucket>(
    repeating: Bucket(head: none, earliest: Tick(rawValue: .max)), count: levelCount * slotsPerLevel)
  /// One bit per occupied slot of a level.
  var occupied = InlineArray<11, UInt64>(repeating: 0)
  /// One bit per level with an occupied slot.
  var occupiedLevels: UInt32 = 0
  /// Every timer that was due by this tick has been popped or lies in this tick's slot on level 0.
  var elapsed: Tick
  /// The result of `nextDeadline` while a slot is occupied: it is read once a turn, and seldom changes.
  var soonest = Tick(rawValue: .max)
  /// The number of armed timers.
  package private(set) var armedCount = 0

  // Every property but `elapsed` has its value above. An initialiser of a noncopyable struct
  // that reads `self` before a noncopyable property is assigned destroys that property's
  // uninitialised memory (Swift 6.3.1).
  package init(now: Tick) { elapsed = now }

  package var isEmpty: Bool { armedCount == 0 }

  /// Makes room for the ids below `count`, so that arming them allocates nothing.
  package mutating func reserve(_ count: Int) {
    precondition(count <= Int(Self.idLimit), "\(count) timer ids")
    if count > nodes.count { nodes.grow(to: count, with: .disarmed) }
  }

  /// Arms the timer, or moves it if it is armed. A deadline in the past expires at the next pop.
  package mutating func arm(_ id: ID, at deadline: Tick) {
    if Int(id) >= nodes.count {
      grow(toHold: id)
    } else if nodes[Int(id)].previous != Self.none {
      if nodes[Int(id)].deadline == deadline { return }
      unlink(id)
      link(id, at: deadline)
      return
    }
    armedCount += 1
    link(id, at: deadline)
  }

  /// Ensures that the timer expires at `deadline` or before: the lazy way to postpone, which leaves an
  /// earlier entry in place. The caller that pops it compares with the real deadline and arms it again.
  package mutating func arm(_ id: ID, noLaterThan deadline: Tick) {
    if let armed = armedDeadline(of: id), armed <= deadline { return }
    arm(id, at: deadline)
  }

  package mutating func disarm(_ id: ID) {
    guard isArmed(id) else { return }
    unlink(id)
    armedCount -= 1
  }

  package func isArmed(_ id: ID) -> Bool {
    Int(id) < nodes.count && nodes[Int(id)].previous != Self.none
  }

  package func armedDeadline(of id: ID) -> Tick? {
    isArmed(id) ? nodes[Int(id)].deadline : nil
  }

  /// The time to wake: no timer is due before it. Nil while nothing is armed.
  ///
  /// It is the exact deadline of the first timer, unless a timer of that slot above level 0 was disarmed
  /// while it was the slot's first; then one wake per level may be in vain.
  package func nextDeadline() -> Tick? {
    occupiedLevels == 0 ? nil : soonest
  }

  /// Pops one expired timer, the earliest first (one that was armed in the past counts as due when it was
  /// armed); nil once none is left. Between two pops the caller may arm and disarm any timer. `now` never
  /// runs backwards. The caller limits its turn: timers that it leaves stay expired.
  package mutating func popExpired(now: Tick) -> ID? {
    precondition(now >= elapsed, "tick \(now.rawValue) after \(elapsed.rawValue)")
    while occupiedLevels != 0 {
      let bucket = firstBucket()
      let start = slotStart(bucket)
      if start > now { break }
      elapsed = start
      if bucket < Self.slotsPerLevel {
        let id = buckets[bucket].head
        unlink(id)
        armedCount -= 1
        return id
      }
      cascade(bucket)
    }
    elapsed = now
    return nil
  }
}

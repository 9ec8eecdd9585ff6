// The wheel's internals: the slot of a deadline, and the slots' lists.

extension TimerWheel {
  /// The occupied bucket that is due first. To be called only while there is one.
  func firstBucket() -> Int {
    let level = occupiedLevels.trailingZeroBitCount
    return level &<< Self.digitBits | occupied[level].trailingZeroBitCount
  }

  /// The first tick of an occupied bucket's slot. It shares the digits above its level with `elapsed`.
  func slotStart(_ bucket: Int) -> Tick {
    let shift = UInt64(bucket >> Self.digitBits * Self.digitBits)
    let digit = UInt64(bucket & (Self.slotsPerLevel - 1))
    let above = elapsed.rawValue >> shift & ~UInt64(Self.slotsPerLevel - 1)
    return Tick(rawValue: (above | digit) << shift)
  }

  /// The bucket of a deadline, relative to `elapsed`. An overdue deadline belongs to the present tick.
  @inline(__always)
  func bucketIndex(for deadline: Tick) -> Int {
    let due = Swift.max(deadline, elapsed).rawValue
    // The low digit is set so that equal ticks land on level 0.
    let difference = due ^ elapsed.rawValue | UInt64(Self.slotsPerLevel - 1)
    let level = (UInt64.bitWidth &- 1 &- difference.leadingZeroBitCount) / Self.digitBits
    let digit = Int(truncatingIfNeeded: due &>> UInt64(level &* Self.digitBits)) & (Self.slotsPerLevel &- 1)
    return level &<< Self.digitBits | digit
  }

  @inline(__always)
  mutating func link(_ id: ID, at deadline: Tick) {
    let bucket = bucketIndex(for: deadline)
    let head = buckets[bucket].head
    if head == Self.none {
      let level = bucket &>> Self.digitBits
      occupied[level] |= 1 &<< UInt64(bucket & (Self.slotsPerLevel &- 1))
      occupiedLevels |= 1 &<< UInt32(level)
      buckets[bucket].earliest = deadline
    } else {
      nodes[Int(head)].previous = id
      if deadline < buckets[bucket].earliest { buckets[bucket].earliest = deadline }
    }
    if deadline < soonest { soonest = deadline }
    buckets[bucket].head = id
    nodes[Int(id)] = Node(
      next: head, previous: Self.headMark | ID(truncatingIfNeeded: bucket), deadline: deadline)
  }

  @inline(__always)
  mutating func unlink(_ id: ID) {
    let next = nodes[Int(id)].next
    let previous = nodes[Int(id)].previous
    nodes[Int(id)].previous = Self.none
    if next != Self.none { nodes[Int(next)].previous = previous }
    if previous < Self.headMark {
      nodes[Int(previous)].next = next
      return
    }
    let bucket = Int(previous & ~Self.headMark)
    buckets[bucket].head = next
    if next == Self.none { markEmpty(bucket) }
  }

  /// Moves the timers of a bucket, whose slot `elapsed` has just entered, to lower levels.
  mutating func cascade(_ bucket: Int) {
    var id = buckets[bucket].head
    buckets[bucket].head = Self.none
    markEmpty(bucket)
    while id != Self.none {
      let next = nodes[Int(id)].next
      link(id, at: nodes[Int(id)].deadline)
      id = next
    }
  }

  /// Makes room for `id` and an eighth more, at least 256 nodes (4 KiB), so that growing costs O(1) per id
  /// and an idle connection pays for little beyond its own node.
  mutating func grow(toHold id: ID) {
    precondition(id < Self.idLimit, "timer id \(id)")
    let generous = nodes.count + Swift.max(256, nodes.count / 8)
    reserve(Swift.min(Swift.max(Int(id) + 1, generous), Int(Self.idLimit)))
  }

  private mutating func markEmpty(_ bucket: Int) {
    let level = bucket &>> Self.digitBits
    occupied[level] &= ~(1 &<< UInt64(bucket & (Self.slotsPerLevel &- 1)))
    if occupied[level] == 0 { occupiedLevels &= ~(1 &<< UInt32(level)) }
    soonest = occupiedLevels == 0 ? Tick(rawValue: .max) : buckets[firstBucket()].earliest
  }
}

// The wheel checks itself: only tests call this, after every operation.

extension TimerWheel {
  /// Traps unless every list, bitmap, bound and count agrees with the others. O(ids + slots).
  package func checkInvariants() {
    var linked = 0
    for bucket in 0..<buckets.count {
      let level = bucket >> Self.digitBits
      let isMarked = occupied[level] >> UInt64(bucket & (Self.slotsPerLevel - 1)) & 1 == 1
      var id = buckets[bucket].head
      precondition(isMarked == (id != Self.none), "bucket \(bucket) and its bit disagree")
      var previous = Self.headMark | ID(bucket)
      while id != Self.none {
        let node = nodes[Int(id)]
        precondition(node.previous == previous, "timer \(id) is linked to \(node.previous), not \(previous)")
        precondition(bucketIndex(for: node.deadline) == bucket, "timer \(id) lies in bucket \(bucket)")
        precondition(node.deadline >= buckets[bucket].earliest, "timer \(id) is due before its slot says")
        linked += 1
        precondition(linked <= armedCount, "a list is circular or a timer uncounted")
        previous = id
        id = node.next
      }
    }
    precondition(linked == armedCount, "\(linked) timers linked, \(armedCount) counted")
    let first = occupiedLevels == 0 ? Tick(rawValue: .max) : buckets[firstBucket()].earliest
    precondition(soonest == first, "the first slot is due at \(first), not \(soonest)")
    var armed = 0
    for id in 0..<nodes.count where nodes[id].previous != Self.none { armed += 1 }
    precondition(armed == armedCount, "\(armed) nodes armed, \(armedCount) counted")
    for level in 0..<Self.levelCount {
      let isMarked = occupiedLevels >> UInt32(level) & 1 == 1
      precondition(isMarked == (occupied[level] != 0), "level \(level) and its bit disagree")
    }
  }
}

// When each connection asks for what. In a closed loop a connection asks again when it was answered; in an
// open one requests arrive by the plan's clock, are given to the connections in turn, and wait where none is
// free.

import ApusRing

extension LoadTable {
  /// Starts connections, as the ramp has it, and takes in what has arrived by now.
  mutating func ask() {
    startConnections()
    guard var arrivals else { return }
    while true {
      let at = arrivals.next
      guard at <= now, at < endsAt, !backlogIsFull else { break }
      arrivals.advance()
      let kind = choose(among: allKinds)
      let asked = Asked(at: at, kind: kind)
      let origin = plan.requests[Int(kind)].origin
      if let index = idle[origin].popFirst() {
        connections[Int(index)].flags.remove(.isListed)
        take(asked, Int(index))
        list(Int(index))
      } else {
        backlog[origin].append(asked)
      }
    }
    self.arrivals = arrivals
  }

  /// Requests that are due and wait for a connection, of all origins. Those beyond are no less due, and taken
  /// in their order once there is room: a rate beyond reach does not fill the memory.
  static var backlogLimit: Int { 1 << 16 }

  var backlogIsFull: Bool {
    var count = 0
    for origin in backlog.indices { count += backlog[origin].count }
    return count >= Self.backlogLimit
  }

  /// Requests that were due before the end and that no connection has taken on.
  private var untaken: UInt64 {
    var count = arrivals?.count(before: endsAt) ?? 0
    for origin in backlog.indices { count += UInt64(backlog[origin].count) }
    return count
  }

  /// What the server has not even been asked by the end is asked after it, but not where that would take
  /// longer than an answer may: then the rate is beyond reach, and more waiting says no more about it.
  mutating func forfeitWhatIsBeyondReach() {
    let untaken = untaken
    let answersInTime = Double(tally.requests) / Double(max(1, plan.duration)) * Double(plan.timeout)
    guard tally.requests > 0, Double(untaken) > answersInTime else { return }
    tally.unasked += untaken
    for origin in backlog.indices { backlog[origin] = Deque() }
    arrivals?.end()
  }

  private mutating func startConnections() {
    guard startedCount < plan.connections else { return }
    var target = plan.connections
    if plan.ramp > 0, arrivals == nil {
      let share = min(1, Double(now - startedAt) / Double(plan.ramp))
      target = max(1, Int(share * Double(plan.connections)))
    }
    while startedCount < target {
      refill(startedCount)
      startedCount += 1
    }
  }

  /// Gives a connection what it may have unanswered. What arrived before the end is asked after it,
  /// too: an open loop owes it.
  mutating func refill(_ index: Int) {
    if arrivals != nil { return takeBacklog(index) }
    guard now < endsAt else { return }
    let origin = Int(connections[index].origin)
    while Int(connections[index].unanswered &+ connections[index].unsent) < plan.pipeline {
      take(Asked(at: 0, kind: choose(among: kinds[origin])), index)
    }
  }

  private mutating func takeBacklog(_ index: Int) {
    let origin = Int(connections[index].origin)
    while Int(connections[index].unanswered &+ connections[index].unsent) < plan.pipeline,
      let asked = backlog[origin].popFirst()
    {
      take(asked, index)
    }
    list(index)
  }

  /// Lists a connection that can take more.
  private mutating func list(_ index: Int) {
    guard !connections[index].flags.contains(.isListed),
      Int(connections[index].unanswered &+ connections[index].unsent) < plan.pipeline
    else { return }
    connections[index].flags.insert(.isListed)
    idle[Int(connections[index].origin)].append(UInt32(index))
  }

  private mutating func take(_ asked: Asked, _ index: Int) {
    let cell = cell(index, Int(connections[index].unanswered &+ connections[index].unsent))
    self.asked[cell] = asked
    connections[index].unsent &+= 1
    markDirty(index)
  }

  private mutating func choose(among kinds: [(kind: UInt32, upTo: Double)]) -> UInt32 {
    if kinds.count == 1 { return kinds[0].kind }
    let place = random.unit() * kinds[kinds.count - 1].upTo
    for choice in kinds where place < choice.upTo { return choice.kind }
    return kinds[kinds.count - 1].kind
  }

  /// Nothing is asked any more, nothing is owed.
  mutating func finishIfDone() {
    if let limit = plan.requestLimit, tally.requests + tally.errorCount >= limit { isFinished = true }
    guard now >= endsAt else { return }
    guard arrivals != nil, !isCutShort else {
      isFinished = true
      return
    }
    // The truth about the last requests is worth a wait: one that is never answered is the slowest of all.
    var owed: UInt64 = 0
    for index in 0..<plan.connections {
      owed += UInt64(connections[index].unanswered) + UInt64(connections[index].unsent)
    }
    owed += untaken
    if owed == 0 {
      isFinished = true
    } else if now >= endsAt + plan.timeout {
      tally[.timeout] += owed
      note(.timeout)
      isFinished = true
    }
  }
}

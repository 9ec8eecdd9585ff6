// When each connection makes which request. In a closed loop a response triggers the next request. In an
// open loop requests arrive by the plan's clock, go to the connections in turn, and wait while none is free.

import ApusRing

extension LoadTable {
  /// Starts connections as the ramp prescribes, and takes the requests that are due by now.
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

  /// Due requests that may wait for a connection, for all origins together. Requests beyond are still due and
  /// are taken in order once there is room, so that an unreachable rate does not fill the memory.
  static var backlogLimit: Int { 1 << 16 }

  var backlogIsFull: Bool {
    var count = 0
    for origin in backlog.indices { count += backlog[origin].count }
    return count >= Self.backlogLimit
  }

  /// Requests that were due before the end and that no connection has taken.
  private var untaken: UInt64 {
    var count = arrivals?.count(before: endsAt) ?? 0
    for origin in backlog.indices { count += UInt64(backlog[origin].count) }
    return count
  }

  /// Requests that were due but not sent by the end are sent after it, unless that would take longer than
  /// `timeout`: then the rate is unreachable, and further waiting adds no information.
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

  /// Gives a connection as many requests as it may have unanswered. Requests that were due before the end are
  /// also made after it, because an open loop owes them.
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

  /// Lists a connection that can take more requests.
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

  /// Finishes once no more requests are made and none is owed.
  mutating func finishIfDone() {
    if let limit = plan.requestLimit, tally.requests + tally.errorCount >= limit { isFinished = true }
    guard now >= endsAt else { return }
    guard arrivals != nil, !isCutShort else {
      isFinished = true
      return
    }
    // Waiting for the last requests keeps the latencies true: a request without a response is the slowest of
    // all.
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

// The minimum and maximum of every limit. A server refuses to start beyond them, and names the limit, its
// value and its range.

extension Limits {
  /// The first value out of range, as a sentence; nil if there is none.
  package func fault() -> String? {
    let ranges: [(String, Int, ClosedRange<Int>)] = [
      ("collectBytes", collectBytes, 0...1 << 30),
      ("unreadBodyBytes", unreadBodyBytes, 0...1 << 30),
      ("waitingBytes", waitingBytes, 4096...16 << 20),
      ("queuedAnswerBytes", queuedAnswerBytes, 4096...16 << 20),
      ("requestsPerTurn", requestsPerTurn, 1...65_536),
      ("expiriesPerTurn", expiriesPerTurn, 1...65_536),
      ("sharedBodyBytes", sharedBodyBytes, 0...1 << 30),
      ("ownedBodyBytes", ownedBodyBytes, 4096...16 << 20),
      ("unsentAnswerBytes", unsentAnswerBytes, 0...16 << 20),
      ("jobsPerTurn", jobsPerTurn, 1...65_536),
      ("sendBytes", sendBytes, 4096...16 << 20),
      ("copiedFileBytes", copiedFileBytes, 0...Int.max),
      ("copiedBodyBytes", copiedBodyBytes, 0...1 << 20),
      ("connections", connections, 1...16_777_215),
      ("reapedTogether", reapedTogether, 1...65_536),
      ("requestsPerConnection", Int(requestsPerConnection ?? 1), 1...Int(UInt32.max)),
    ]
    for (name, value, range) in ranges where !range.contains(value) {
      return "limits.\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound)"
    }
    return nil
  }
}

extension Timeouts {
  /// The first value out of range, as a sentence; nil if there is none. A timeout is from 1 ms to 24 hours, a
  /// grace period from 0.
  package func fault() -> String? {
    let longest = Duration.seconds(86_400)
    let phases: [(String, Duration)] = [
      ("keepAlive", keepAlive), ("firstByte", firstByte), ("head", head), ("bodyStall", bodyStall),
      ("sendStall", sendStall), ("unreadBody", unreadBody), ("linger", linger), ("drain", drain),
      ("acceptRetry", acceptRetry), ("connectionAge", connectionAge ?? longest),
      ("answer", answer ?? longest), ("halfClosed", halfClosed),
    ]
    for (name, value) in phases where value < .milliseconds(1) || value > longest {
      return "timeouts.\(name) is \(value); it must be from 1 ms to 24 hours"
    }
    for (name, value) in [("rateGrace", rateGrace), ("reapAfter", reapAfter), ("drainIdle", drainIdle)]
    where value < .zero || value > longest {
      return "timeouts.\(name) is \(value); it must be from 0 to 24 hours"
    }
    return minimumRate > 1 << 30
      ? "timeouts.minimumRate is \(minimumRate); it must be at most 1 GiB per second" : nil
  }
}

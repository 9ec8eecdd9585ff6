import ApusEngine
import Testing

@Suite struct LimitsTests {
  @Test func `the defaults are inside their ranges`() {
    #expect(Limits().fault() == nil)
    #expect(Timeouts().fault() == nil)
  }

  @Test func `a limit outside its range is named with its value and the range`() {
    var limits = Limits()
    limits.waitingBytes = 17
    #expect(limits.fault() == "limits.waitingBytes is 17; it must be from 4096 to 16777216")
  }

  @Test func `no limit may be negative or without bound`() {
    let bounded: [WritableKeyPath<Limits, Int>] = [
      \.collectBytes, \.unreadBodyBytes, \.waitingBytes, \.queuedAnswerBytes, \.requestsPerTurn,
      \.expiriesPerTurn,
      \.sendBytes, \.copiedBodyBytes, \.sharedBodyBytes, \.ownedBodyBytes, \.unsentAnswerBytes, \.jobsPerTurn,
      \.connections, \.reapedTogether,
    ]
    for limit in bounded {
      for value in [-1, Int.max] {
        var limits = Limits()
        limits[keyPath: limit] = value
        #expect(limits.fault() != nil, "\(limit) = \(value)")
      }
    }
  }

  @Test func `files of any length may be copied, but not of a negative one`() {
    var limits = Limits()
    limits.copiedFileBytes = .max
    #expect(limits.fault() == nil)
    limits.copiedFileBytes = -1
    #expect(limits.fault() != nil)
  }

  @Test func `a connection may make at least one request`() {
    var limits = Limits()
    limits.requestsPerConnection = 0
    #expect(limits.fault() != nil)
  }

  @Test func `no phase may last for ever or for no time`() {
    let phases: [WritableKeyPath<Timeouts, Duration>] = [
      \.keepAlive, \.firstByte, \.head, \.bodyStall, \.sendStall, \.halfClosed, \.unreadBody, \.linger,
      \.drain,
      \.acceptRetry,
    ]
    let optional: [WritableKeyPath<Timeouts, Duration?>] = [\.answer, \.connectionAge]
    for value in [Duration.zero, .seconds(-1), .seconds(86_401)] {
      for timeout in phases {
        var timeouts = Timeouts()
        timeouts[keyPath: timeout] = value
        #expect(timeouts.fault() != nil, "\(timeout) = \(value)")
      }
      for timeout in optional {
        var timeouts = Timeouts()
        timeouts[keyPath: timeout] = value
        #expect(timeouts.fault() != nil, "\(timeout) = \(value)")
      }
    }
  }

  @Test func `a grace may be none, but neither negative nor for ever`() {
    let graces: [WritableKeyPath<Timeouts, Duration>] = [\.rateGrace, \.reapAfter, \.drainIdle]
    for grace in graces {
      for (value, isAllowed) in [(Duration.zero, true), (.seconds(-1), false), (.seconds(86_401), false)] {
        var timeouts = Timeouts()
        timeouts[keyPath: grace] = value
        #expect((timeouts.fault() == nil) == isAllowed, "\(grace) = \(value)")
      }
    }
  }
}

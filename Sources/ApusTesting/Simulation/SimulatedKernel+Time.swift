// The turn's system call, and virtual time: it stands still while the engine works and jumps
// to whatever happens next.

package import ApusRing

extension SimulatedKernel {
  /// Nothing will ever happen again by itself: no event, no completion, no deadline.
  package var isIdle: Bool { events.isEmpty && submissions.isEmpty && reaped == completions.count }

  /// When the next event happens.
  var nextEvent: Instant? { events.nextTime.map { Instant(nanoseconds: $0) } }

  /// Issues what was enqueued, then waits for a completion or the deadline. Returns at once where the real
  /// kernel would sleep for ever.
  package func submitAndWait(until deadline: Instant?) {
    count { $0.systemCalls += 1 }
    advance(by: configuration.turnNanoseconds)
    buffers.publish()
    issueSubmissions()
    advance(to: clock)
    var waited = false
    while reaped == completions.count {
      let limit = min(deadline ?? horizon, horizon).nanoseconds
      guard limit > clock else { break }
      waited = true
      guard let next = events.nextTime, next <= limit else {
        if limit != .max { clock = limit }
        break
      }
      advance(to: next)
    }
    if waited { advance(by: configuration.wakeNanoseconds) }
  }

  private func advance(by range: ClosedRange<Int>) { advance(to: clock + UInt64(random.within(range))) }

  /// Moves the clock, through every event on the way: none is ever behind it.
  private func advance(to time: UInt64) {
    while let next = events.nextTime, next <= time, let event = events.pop(by: next) {
      clock = next
      happen(event)
    }
    clock = time
  }

  private func happen(_ event: Event) {
    switch event {
    case .complete(let entry): completions.append(entry)
    case .peerConnects(let peer): connect(peer)
    case .peerActs(let peer): act(peer)
    case .peerReads(let peer): readSlowly(peer)
    case .receiveContinues(let socket): continueReceive(socket)
    case .sendContinues(let socket): continueSend(socket)
    case .cancelTakesEffect(let socket, let serial): cancelNow(socket, serial)
    case .shutdownTakesEffect(let socket, let token): shutdownNow(socket, token)
    case .connectEnds(let slot, let serial): endConnect(slot, serial)
    case .wakeRings: ringNow()
    }
  }

  /// Rings the core's wake-up, as another thread does, `delay` nanoseconds from now.
  package func ringWake(after delay: UInt64 = 0) { events.add(.wakeRings, at: clock + delay) }

  private func ringNow() {
    guard let token = wake else {
      wakeIsRung = true
      return
    }
    wake = nil
    post(token, 8)
  }

  func armWake(_ token: Token) {
    if wake != nil { violate("the wake-up was armed twice") }
    wake = token
    if wakeIsRung {
      wakeIsRung = false
      ringNow()
    }
  }
}

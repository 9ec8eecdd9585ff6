// The turn's system call, and virtual time: it stands still while the engine works and jumps to whatever happens next.

package import ApusRing

extension SimulatedKernel {
  /// Nothing will ever happen again by itself: no event, no completion, no deadline.
  package var isIdle: Bool { events.isEmpty && submissions.isEmpty && reaped == completions.count }

  /// Issues what was enqueued, then waits for a completion or the deadline. Returns at once where the real kernel would
  /// sleep for ever.
  package func submitAndWait(until deadline: Instant?) {
    count { $0.systemCalls += 1 }
    pass(configuration.turnNanoseconds)
    buffers.publish()
    issueSubmissions()
    happen()
    var waited = false
    while reaped == completions.count {
      let limit = deadline?.nanoseconds ?? .max
      guard limit > clock else { break }
      waited = true
      guard let next = events.nextTime, next <= limit else {
        if limit != .max { clock = limit }
        break
      }
      clock = max(clock, next)
      happen()
    }
    if waited { pass(configuration.wakeNanoseconds) }
    happen()
  }

  /// Lets some virtual time pass.
  private func pass(_ range: ClosedRange<Int>) { clock += UInt64(random.within(range)) }

  /// Everything whose time has come.
  private func happen() {
    while let event = events.pop(by: clock) {
      switch event {
      case .complete(let entry): completions.append(entry)
      case .peerConnects(let peer): connect(peer)
      case .peerActs(let peer): act(peer)
      case .peerReads(let peer): readSlowly(peer)
      case .receiveContinues(let socket): continueReceive(socket)
      case .sendContinues(let socket): continueSend(socket)
      case .cancelTakesEffect(let socket, let token): cancelNow(socket, token)
      case .wakeRings: ringNow()
      }
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

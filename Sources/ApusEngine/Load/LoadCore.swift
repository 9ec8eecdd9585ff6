// LoadCore: the loop of one thread of a load generator. The order of a turn: submit and wait; read the clock;
// reap and dispatch completions; look for connections without progress; ask; settle each connection that
// something happened to.

package import ApusRing
import ApusWire

package struct LoadCore<Driver: RingDriver & ~Copyable>: ~Copyable {
  /// Before what it names to the kernel, and so ended before it.
  package var driver: SecureRing<Driver>
  package var table: LoadTable
  private let progress: LoadProgress

  /// - Parameter record: Takes latencies in nanoseconds, some hundreds at a time.
  package init(
    driver: consuming Driver, secure: SecureContexts = SecureContexts(), plan: LoadPlan,
    progress: LoadProgress,
    record: @escaping (Span<UInt64>) -> Void
  ) {
    let now = driver.now()
    self.driver = SecureRing(driver, secure)
    table = LoadTable(plan, now: now, record: record)
    self.progress = progress
    table.ask()
    settle()
  }

  package mutating func turn() {
    // The second reading of the clock makes the wait exact: arrivals are due to the microsecond.
    if table.arrivals != nil { _ = driver.now() }
    driver.submitAndWait(until: table.nextWake)
    table.now = driver.now().nanoseconds
    table.beginMeasuring()
    table.endMeasuring()
    while let completion = driver.reap() { dispatch(completion) }
    table.sweep()
    if progress.isToldToEnd { table.cutShort() }
    table.ask()
    // In a closed loop a request counts from when it is sent, so the clock is read once more.
    if table.arrivals == nil { table.now = driver.now().nanoseconds }
    settle()
    table.finishIfDone()
    progress.publish(table.tally)
  }

  private mutating func dispatch(_ completion: Completion) {
    let token = completion.token
    let index = Int(token.slot)
    let isCurrent = table.isCurrent(token)
    switch token.operation {
    case .receive:
      if isCurrent && !completion.hasMore { table.didEndReceive(index) }
      if let buffer = completion.buffer {
        if isCurrent, completion.result > 0 {
          table.didReceive(driver.bytes(of: buffer, count: Int(completion.result)), index)
        }
        driver.recycle(buffer)
      } else if isCurrent {
        switch -completion.result {
        case 0: table.didFinish(index)
        case Errno.cancelled, Errno.noBuffers: break
        case Errno.protocolError: didFailSecurely(index)
        case let errno: table.didFailToReceive(errno, index)
        }
      }
    case .send:
      guard isCurrent else { return }
      if completion.result == -Errno.protocolError { didFailSecurely(index) }
      table.didSend(completion.result, index)
    case .connect: if isCurrent { table.didFailToConnect(-completion.result, index) }
    case .cancel: if isCurrent { table.didNotCancel(index) }
    default: break
    }
  }

  private mutating func didFailSecurely(_ index: Int) {
    guard let failure = driver.failure(of: table.slot(index)) else { return }
    table.didFailSecurely(failure, index)
  }

  private mutating func settle() {
    while let index = table.nextDirty() {
      while perform(table.nextAction(index), index) {}
    }
  }

  /// Returns false if there was nothing to do.
  private mutating func perform(_ action: LoadAction, _ index: Int) -> Bool {
    switch action {
    case .none: return false
    case .open(let address, let region):
      switch driver.openSocket(UInt32(index), to: address) {
      case .slot(let slot):
        table.didOpen(slot, index)
        if let session = table.makeSession(index) { driver.secure(slot, session) }
        driver.enqueueConnect(
          slot, to: address, sending: region, connect: table.token(.connect, index),
          send: table.token(.send, index), receive: table.token(.receive, index))
      case .failed(let errno): table.didFailToConnect(errno, index)
      }
    case .send(let region, silent: true):
      driver.enqueueSilentSend(table.slot(index), region, table.token(.send, index))
    case .send(let region, silent: false):
      driver.enqueueSend(table.slot(index), region, table.token(.send, index))
    case .receive: driver.enqueueReceive(table.slot(index), table.token(.receive, index))
    case .cancel(let operation):
      driver.enqueueCancel(table.slot(index), operation: operation, table.token(.cancel, index))
    case .close:
      guard let slot = table.takeSlot(index) else { break }
      driver.enqueueClose(slot, saying: nil, reset: false, Token(.close))
    }
    return true
  }

  /// Passes the latencies to their recorder.
  package mutating func handOn() { table.handOn() }
}

// Reactor: one core's loop. It owns the driver and the connections, and is the only one that performs. A turn, always in
// this order: reap and dispatch what completed; take orders from other threads; expire what is due (a receive of the
// same batch has won by then); settle each connection that something happened to, all its answers in one send; submit
// and wait until the next deadline, without any other cap.

package import ApusRing

/// One core.
package struct Reactor<Driver: RingDriver & ~Copyable>: ~Copyable {
  package var driver: Driver
  package var table: ConnectionTable
  let mailbox: Mailbox

  /// One for each listener.
  var accepts: [AcceptState]
  /// Connections were reset for not ending in time.
  package internal(set) var drainForced: Bool

  enum AcceptState {
    /// The listener is closed.
    case closed
    /// None in flight; armed again at the end of the turn if there is room.
    case stopped
    case armed
    /// Cancelled, its last completion not yet seen: a second accept must wait for it.
    case cancelling
    /// None in flight until the retry timer fires: the system is out of descriptors.
    case waiting
  }

  package init(driver: consuming Driver, table: consuming ConnectionTable, mailbox: Mailbox) {
    self.driver = driver
    self.table = table
    self.mailbox = mailbox
    accepts = Array(repeating: .stopped, count: self.driver.listenerCount)
    drainForced = false
    self.driver.enqueueWake(Token(.wake))
    armAccepts()
  }

  /// Drained: nothing is open and nothing new comes.
  package var isFinished: Bool {
    table.isDraining && table.openCount == 0 && !table.logIsWriting
      && !accepts.contains { $0 == .armed || $0 == .cancelling }
  }

  /// One turn; its last step waits.
  package mutating func turn() {
    submitAndWait()
    table.beginTurn(now: driver.now(), unixSeconds: driver.unixSeconds())
    while let completion = driver.reap() { dispatch(completion) }
    table.resumeUnfinished()
    expire()
    settle()
    // Nobody turns a finished core again: its last closes are submitted here.
    if isFinished { driver.submitAndWait(until: Instant(nanoseconds: 0)) }
  }

  private mutating func submitAndWait() {
    if table.hasUnfinished {
      driver.submitAndWait(until: Instant(nanoseconds: 0))
    } else {
      driver.submitAndWait(until: table.nextDeadline())
    }
  }

  private mutating func expire() {
    var left = table.limits.expiriesPerTurn
    while left > 0, let expired = table.expireNext() {
      left -= 1
      switch expired {
      case .connection: break
      case .own(.acceptRetry): retryAccepts()
      case .own(.reap): table.reapIfCrowded()
      case .own(.drain):
        drainForced = table.openCount > 0
        table.resetAll()
      case .own(.logFlush): table.logIsDue()
      }
    }
  }

  private mutating func settle() {
    while let slot = table.nextDirty() {
      var action = table.nextAction(slot)
      while true {
        if case .none = action { break }
        perform(action, slot)
        action = table.nextAction(slot)
      }
    }
    armAccepts()
    if let region = table.nextLogWrite() {
      driver.enqueueWrite(descriptor: table.logDescriptor, region, Token(.logWrite))
    }
  }
}

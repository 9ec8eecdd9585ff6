// Accepting: one multishot accept on each of the core's listeners, paused at the limit of connections and
// ended by a drain.

import ApusRing

extension Reactor where Driver: ~Copyable {
  /// Arms every accept that is not in flight, unless the core drains or is at the limit of connections.
  mutating func armAccepts() {
    for listener in accepts.indices where accepts[listener] == .stopped {
      guard !table.isDraining, table.hasRoom else { return }
      accepts[listener] = .armed
      driver.enqueueAccept(listener: listener, Token(.accept, slot: Slot(listener)))
    }
  }

  /// The pause after an error has ended.
  mutating func retryAccepts() {
    for listener in accepts.indices where accepts[listener] == .waiting { accepts[listener] = .stopped }
    armAccepts()
  }

  mutating func didAccept(_ completion: Completion) {
    let listener = Int(completion.token.slot)
    if !completion.hasMore { accepts[listener] = .stopped }
    if completion.result >= 0 {
      let slot = Slot(completion.result)
      table.didAccept(slot, listener: UInt8(listener), driverReadsSends: driver.readsSends(on: slot))
      table.reapIfCrowded()
    } else if completion.result != -Errno.cancelled {
      table.counters.acceptErrors += 1
    }
    if table.isDraining {
      if accepts[listener] == .stopped { close(listener) }
    } else if accepts[listener] == .stopped, completion.result < 0, completion.result != -Errno.cancelled {
      // The system is out of descriptors: to retry at once would spin.
      accepts[listener] = .waiting
      table.arm(.acceptRetry, after: table.ticks.acceptRetry)
    } else if !table.hasRoom {
      // New connections wait in the backlogs until there is room again.
      for listener in accepts.indices { cancelAccept(listener) }
    }
  }

  /// Cancels an accept; `didAccept` gets its last completion.
  private mutating func cancelAccept(_ listener: Int) {
    guard accepts[listener] == .armed else { return }
    accepts[listener] = .cancelling
    driver.enqueueCancel(
      .none, operation: Token(.accept, slot: Slot(listener)), Token(.acceptCancel, slot: Slot(listener)))
  }

  /// The kernel was in the middle of the accept, or it has ended by itself.
  mutating func didNotCancelAccept(_ listener: Int) {
    guard accepts[listener] == .cancelling else { return }
    accepts[listener] = .armed
    cancelAccept(listener)
  }

  private mutating func stopListening() {
    for listener in accepts.indices {
      cancelAccept(listener)
      if accepts[listener] != .cancelling { close(listener) }
    }
  }

  private mutating func close(_ listener: Int) {
    guard accepts[listener] != .closed else { return }
    accepts[listener] = .closed
    driver.closeListener(listener)
  }

  /// Follows the orders of other threads.
  mutating func obey() {
    let orders = mailbox.take()
    if orders.contains(.drain), !table.isDraining {
      table.beginDrain()
      stopListening()
    }
    // The report is made at the end of this turn, so that it includes the turn.
    if orders.contains(.report) { reportAt = 0 }
    if orders.contains(.renew) { driver.contexts.renew() }
    if orders.contains(.stop) {
      drainForced = drainForced || table.openCount > 0
      if !table.isDraining {
        table.beginDrain()
        stopListening()
      }
      resetAll()
    }
  }
}

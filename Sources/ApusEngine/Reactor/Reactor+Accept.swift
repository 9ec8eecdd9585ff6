// Accepting: one multishot accept on the core's own listener, paused at the ceiling of connections, ended by a drain.

import ApusRing

extension Reactor where Driver: ~Copyable {
  mutating func armAccept() {
    guard acceptState != .armed, listenerIsOpen, !table.isDraining else { return }
    acceptState = .armed
    driver.enqueueAccept(Token(.accept))
  }

  mutating func didAccept(_ completion: Completion) {
    if !completion.hasMore, acceptState == .armed { acceptState = .stopped }
    if completion.result >= 0 {
      table.didAccept(Slot(completion.result))
      table.reapIfCrowded()
    } else if completion.result != -Errno.cancelled {
      table.counters.acceptErrors += 1
    }
    if table.isDraining {
      if acceptState != .armed { closeListener() }
      return
    }
    if !table.hasRoom {
      pauseAccept()
    } else if acceptState == .stopped {
      // Out of descriptors: at once would spin.
      if completion.result < 0 {
        acceptState = .paused
        table.arm(.acceptRetry, after: table.ticks.acceptRetry)
      } else {
        armAccept()
      }
    }
  }

  /// New connections wait in the backlog until there is room again: at the latest once one of those that are open has
  /// been idle long enough to be closed, which nothing but the clock tells.
  private mutating func pauseAccept() {
    if acceptState == .armed { driver.enqueueCancelAccept(Token(.cancel)) }
    acceptState = .paused
    table.arm(.acceptRetry, after: table.ticks.reapAfter)
  }

  /// Accepts again if there is room by now, and makes some otherwise.
  mutating func retryAccept() {
    guard !table.isDraining else { return }
    table.reapIfCrowded()
    if table.hasRoom { armAccept() } else { table.arm(.acceptRetry, after: table.ticks.reapAfter) }
  }

  private mutating func closeListener() {
    guard listenerIsOpen else { return }
    listenerIsOpen = false
    driver.closeListener()
  }

  /// What other threads ask for.
  mutating func obey() {
    let orders = mailbox.take()
    if orders.contains(.drain), !table.isDraining {
      table.beginDrain()
      if acceptState == .armed { driver.enqueueCancelAccept(Token(.cancel)) } else { closeListener() }
    }
    if orders.contains(.stop) {
      drainForced = table.openCount > 0
      if !table.isDraining {
        table.beginDrain()
        if acceptState == .armed { driver.enqueueCancelAccept(Token(.cancel)) } else { closeListener() }
      }
      table.resetAll()
    }
  }
}

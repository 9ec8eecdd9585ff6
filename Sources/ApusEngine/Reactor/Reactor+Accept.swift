// Accepting: one multishot accept on the core's own listener, paused at the ceiling of connections, ended by a drain.

import ApusRing

extension Reactor where Driver: ~Copyable {
  /// Arms the accept if none is in flight, nothing speaks against it and there is room.
  mutating func armAccept() {
    guard acceptState == .stopped, listenerIsOpen, !table.isDraining, table.hasRoom else { return }
    acceptState = .armed
    driver.enqueueAccept(Token(.accept))
  }

  /// The pause after an error is over.
  mutating func retryAccept() {
    guard acceptState == .waiting else { return }
    acceptState = .stopped
    armAccept()
  }

  mutating func didAccept(_ completion: Completion) {
    if !completion.hasMore { acceptState = .stopped }
    if completion.result >= 0 {
      table.didAccept(Slot(completion.result))
      table.reapIfCrowded()
    } else if completion.result != -Errno.cancelled {
      table.counters.acceptErrors += 1
    }
    if table.isDraining {
      if acceptState == .stopped { closeListener() }
    } else if acceptState == .stopped, completion.result < 0, completion.result != -Errno.cancelled {
      // Out of descriptors: at once would spin.
      acceptState = .waiting
      table.arm(.acceptRetry, after: table.ticks.acceptRetry)
    } else if !table.hasRoom {
      // New connections wait in the backlog until there is room again.
      cancelAccept()
    }
  }

  /// Ends the accept; `didAccept` sees its last completion.
  private mutating func cancelAccept() {
    guard acceptState == .armed else { return }
    acceptState = .cancelling
    driver.enqueueCancelAccept(Token(.cancel))
  }

  private mutating func stopListening() {
    cancelAccept()
    if acceptState != .cancelling { closeListener() }
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
      stopListening()
    }
    if orders.contains(.stop) {
      drainForced = table.openCount > 0
      if !table.isDraining {
        table.beginDrain()
        stopListening()
      }
      resetAll()
    }
  }
}

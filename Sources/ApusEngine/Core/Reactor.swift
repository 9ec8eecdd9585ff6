// Reactor: one core's loop. It owns the driver and the connections, and is the only one that performs. A
// turn, always in this order: submit and wait until the earliest deadline, or not at all if something is
// ready; reap and dispatch what completed; take orders from other threads; run the handlers' tasks that are
// ready, step the relays and take their answers; expire what is due (received data is handled before, so it
// beats a timeout of the same turn); settle each connection that something happened to, all its answers in
// one send.

package import ApusRing

/// One core.
package struct Reactor<Driver: RingDriver & ~Copyable>: ~Copyable {
  /// Before what it names to the kernel, and so ended before it.
  package var driver: SecureRing<Driver>
  package var table: ConnectionTable
  let mailbox: Mailbox
  /// Where other threads read what this core has done; nil if nobody does.
  let board: CountersBoard?
  /// Nanoseconds; when to hang up the next report.
  var reportAt: UInt64
  package let core: Core
  /// The core's client, from its first request on.
  var client: CoreClient?

  /// One for each listener.
  var accepts: [AcceptState]
  /// Connections were reset for not ending in time.
  package internal(set) var drainForced: Bool
  /// Tasks that ignore their cancellation are waited for no longer.
  var tasksGivenUp: Bool
  /// Receives of closed connections that have been cancelled and have not completed.
  package internal(set) var farewells: Set<Token>

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

  package init(
    driver: consuming Driver, secure: SecureContexts = SecureContexts(), core: Core,
    table: consuming ConnectionTable, mailbox: Mailbox, board: CountersBoard? = nil
  ) {
    precondition(table.exchanges === core.exchanges, "the connections of another core")
    self.core = core
    core.executor.wake(by: mailbox.wakeUp)
    self.driver = SecureRing(driver, secure)
    self.table = table
    self.mailbox = mailbox
    self.board = board
    reportAt = board == nil ? .max : 0
    accepts = Array(repeating: .stopped, count: self.driver.listenerCount)
    client = nil
    drainForced = false
    tasksGivenUp = false
    farewells = []
    self.driver.enqueueWake(Token(.wake))
    armAccepts()
  }

  /// Drained: nothing is open and nothing new comes.
  package var isFinished: Bool {
    // Mutating: a plain getter would be given a copy of the whole core, once a turn.
    @inline(__always)
    mutating get { table.isDraining && hasDrained }
  }

  private var hasDrained: Bool {
    @inline(never)
    mutating get {
      table.openCount == 0 && !table.logIsWriting
        && !accepts.contains { $0 == .armed || $0 == .cancelling }
        && (core.exchanges.heldCount == 0 || tasksGivenUp) && clientIsFinished
    }
  }

  /// One turn; its first step submits, and waits.
  package mutating func turn() {
    submitAndWait()
    let now = driver.now()
    // The wall clock moves by whole seconds: to look at it once per tick is soon enough.
    let isSoonEnough = Tick(at: now) == table.tick && table.unixSeconds != 0
    table.beginTurn(now: now, unixSeconds: isSoonEnough ? table.unixSeconds : driver.unixSeconds())
    if let client { client.table.advance(to: table.tick) }
    while let completion = driver.reap() { dispatch(completion) }
    if table.hasUnfinished { table.resumeUnfinished() }
    runTasks()
    expire()
    settle()
    sampleInvariants()
    reportIfDue()
    // Nobody turns a finished core again: its last closes are submitted here, and sleeps that were cancelled
    // in this turn let go of what the runtime keeps for them.
    if isFinished {
      core.executor.expire(now: table.now)
      table.counters.errors = core.exchanges.errorCount
      table.endLog()
      table.counters.abandonedTasks = UInt64(core.exchanges.heldCount)
      driver.submitAndWait(until: Instant(nanoseconds: 0))
    }
  }

  /// Checks the invariants now and then, in debug builds only: every turn of a thousand connections would
  /// take longer than what it checks.
  @inline(__always)
  private mutating func sampleInvariants() {
    #if DEBUG
      guard table.counters.turns.isMultiple(of: 128) else { return }
      table.checkInvariants()
      core.checkClientInvariants()
    #endif
  }

  private mutating func submitAndWait() {
    if table.hasUnfinished || core.hasWork || hasClientWork {
      driver.submitAndWait(until: Instant(nanoseconds: 0))
      return
    }
    var deadline = table.nextDeadline()
    if let wake = core.executor.nextDeadline() { deadline = min(deadline ?? wake, wake) }
    driver.submitAndWait(until: deadline)
  }

  /// Ready jobs run outside any access to a connection; what they did to exchanges is worked off after.
  @inline(__always)
  private mutating func runTasks() {
    if let wake = core.executor.nextDeadline(), wake <= table.now {
      core.executor.expire(now: table.now)
      expireClient()
    }
    if core.hasWork { runReadyTasks() }
  }

  @inline(never)
  private mutating func runReadyTasks() {
    core.executor.run(atMost: table.limits.jobsPerTurn)
    if core.relays.hasReady { stepRelays() }
    table.takeChangedExchanges()
  }

  private mutating func stepRelays() {
    // There is a client: a relay is not made without.
    let client = client ?? core.client
    core.relays.run(atMost: table.limits.jobsPerTurn, &table, client)
  }

  /// No more at a time than the kernel is rid of again: it runs some twenty completions a call,
  /// in their order, and a request that came behind those of thousands of closed connections
  /// would wait for all of them.
  private mutating func expire() {
    var left = max(1, table.limits.expiriesPerTurn - farewells.count)
    while left > 0, let expired = table.expireNext() {
      left -= 1
      switch expired {
      case .connection: break
      case .own(.acceptRetry): retryAccepts()
      case .own(.reap): table.reapIfCrowded()
      case .own(.drain):
        drainForced = table.openCount > 0
        resetAll()
      case .own(.giveUpTasks): giveUp()
      case .own(.logFlush): table.logIsDue()
      }
    }
  }

  /// Waits no longer for tasks that ignore their cancellation, nor for a log that nobody takes, such as a
  /// pipe's: the lines that it has not taken are lost.
  private mutating func giveUp() {
    tasksGivenUp = true
    if table.logIsWriting { driver.enqueueCancel(.none, operation: Token(.logWrite), Self.logCancel) }
  }

  /// No connection's.
  static var logCancel: Token { Token(.cancel, slot: .none) }

  /// Resets what is open. Handlers are cancelled with it, and have a moment to end by themselves.
  mutating func resetAll() {
    table.resetAll()
    table.arm(.giveUpTasks, after: table.ticks.linger)
  }

  private mutating func settle() {
    if hasClientWork { settleClient() }
    while let slot = table.nextDirty() {
      if let region = table.nextPlainSend(slot) {
        driver.enqueueSend(slot, region, table.token(.send, slot))
        continue
      }
      var action = table.nextAction(slot)
      while true {
        if case .none = action { break }
        perform(action, slot)
        action = table.nextAction(slot)
      }
    }
    armAccepts()
    if table.accessLog != nil, !tasksGivenUp, let region = table.nextLogWrite() {
      driver.enqueueWrite(descriptor: table.logDescriptor, region, Token(.logWrite))
    }
  }
}

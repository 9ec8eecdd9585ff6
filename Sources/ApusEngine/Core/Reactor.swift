// Reactor: one core's loop. It owns the driver and the connections, and only it performs I/O. A turn always
// has this order: submit, and wait until the earliest deadline, or not at all if something is ready; reap and
// dispatch completions; follow orders from other threads; run ready tasks, step the relays and take their
// responses; expire what is due (received data is handled before timers, so it beats a timeout of the same
// turn); settle each connection that something happened to, with all its responses in one send.

package import ApusRing

/// One core.
package struct Reactor<Driver: RingDriver & ~Copyable>: ~Copyable {
  /// Declared before the memory that it gives to the kernel, so that it is destroyed first.
  package var driver: SecureRing<Driver>
  package var table: ConnectionTable
  let mailbox: Mailbox
  /// Shows this core's counters to other threads; nil if none reads them.
  let board: CountersBoard?
  /// Time of the next report, in nanoseconds.
  var reportAt: UInt64
  package let core: Core
  /// The core's client, after its first request.
  var client: CoreClient?

  /// One per listener.
  var accepts: [AcceptState]
  /// Connections were reset because they did not end in time.
  package internal(set) var drainForced: Bool
  /// The core no longer waits for tasks that ignore their cancellation.
  var tasksGivenUp: Bool
  /// Cancelled receives of closed connections that have not completed.
  package internal(set) var farewells: Set<Token>

  enum AcceptState {
    /// The listener is closed.
    case closed
    /// No accept is in flight; it is armed at the end of the turn if there is room.
    case stopped
    case armed
    /// Cancelled, but the last completion has not arrived: a second accept must wait for it.
    case cancelling
    /// No accept is in flight until the retry timer fires: the system is out of descriptors.
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

  /// The core has drained: nothing is open and nothing new arrives.
  package var isFinished: Bool {
    // Mutating: a plain getter would copy the whole core, once per turn.
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

  /// One turn; it begins by submitting and waiting.
  package mutating func turn() {
    submitAndWait()
    let now = driver.now()
    // The wall clock counts whole seconds, so reading it once per tick is enough.
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
    // A finished core has no later turn: its last closes are submitted here, and sleeps that were cancelled
    // in this turn release what the runtime keeps for them.
    if isFinished {
      core.executor.expire(now: table.now)
      table.counters.errors = core.exchanges.errorCount
      table.counters.secure = driver.counters
      table.endLog()
      table.counters.abandonedTasks = UInt64(core.exchanges.heldCount)
      driver.submitAndWait(until: Instant(nanoseconds: 0))
    }
  }

  /// Checks the invariants in some turns, and in debug builds only: with a thousand connections a check takes
  /// longer than a turn.
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

  /// Ready jobs run outside any access to a connection; the exchanges that they changed are handled
  /// afterwards.
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
    // A relay exists only with a client.
    let client = client ?? core.client
    core.relays.run(atMost: table.limits.jobsPerTurn, &table, client)
  }

  /// Limited per turn, since each close cancels a receive: the kernel runs some twenty completions per call,
  /// in order, so a request behind those of thousands of closed connections would wait for all of them.
  private mutating func expire() {
    var left = max(1, table.limits.expiriesPerTurn - farewells.count)
    while left > 0, let expired = table.expireNext() {
      left -= 1
      switch expired {
      case .connection: break
      case .own(.acceptRetry): retryAccepts()
      case .own(.reap): table.reapIfCrowded()
      case .own(.drain):
        drainForced = drainForced || table.openCount > 0
        resetAll()
      case .own(.giveUpTasks): giveUp()
      case .own(.logFlush): table.logIsDue()
      }
    }
  }

  /// Stops waiting for tasks that ignore their cancellation, and for a log whose reader does not read, such
  /// as a pipe's: the lines that were not written are lost.
  private mutating func giveUp() {
    tasksGivenUp = true
    if table.logIsWriting { driver.enqueueCancel(.none, operation: Token(.logWrite), Self.logCancel) }
  }

  /// Belongs to no connection.
  static var logCancel: Token { Token(.cancel, slot: .none) }

  /// Resets the open connections. Their handlers are cancelled and get a short time to end by themselves.
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

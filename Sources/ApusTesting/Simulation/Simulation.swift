// Simulation: one core in the simulated world: the reactor that runs in production, over a simulated ring, in
// virtual time. A test adds peers, lets time pass, and looks at what they got.

package import ApusEngine
package import ApusRing

package struct Simulation: ~Copyable {
  package let kernel: SimulatedKernel
  package var reactor: Reactor<SimulatedRing>
  private let mailbox: Mailbox
  /// When the core had ended.
  package private(set) var finishedAt: Instant?
  private var leftEntries = false
  private var leftFileOperations = 0
  /// Cancelled receives that completed when the core had ended.
  private var lateFarewells = 0
  /// Turns in a row in which time stood still.
  private var timelessTurns = 0
  private var lastSeen = Instant(nanoseconds: 0)

  /// A core that has this many turns in one instant has lost its way: one that sends a large body by 50 bytes
  /// has thousands.
  private static let timelessTurnLimit = 20_000

  package init(
    _ configuration: SimulatedKernel.Configuration, handler: Handler, limits: Limits = Limits(),
    timeouts: Timeouts = Timeouts(), announcedTimeout: UInt16? = nil, serverName: String? = nil,
    accessLog: AccessLogConfiguration? = nil, roles: [ListenerRole] = [],
    secure: SecureContexts = SecureContexts()
  ) {
    let kernel = SimulatedKernel(configuration)
    let mailbox = Mailbox()
    self.kernel = kernel
    self.mailbox = mailbox
    let core = Core(clock: { kernel.now })
    core.ownConnectionLimit = configuration.ownSlotCount
    reactor = Reactor(
      driver: SimulatedRing(kernel), secure: secure, core: core,
      table: ConnectionTable(
        slots: configuration.slotCount, handler: handler, limits: limits, timeouts: timeouts,
        announcedTimeout: announcedTimeout, serverName: serverName, accessLog: accessLog,
        roles: roles, exchanges: core.exchanges, now: kernel.now),
      mailbox: mailbox)
  }

  package var now: Instant { kernel.now }

  /// Seconds since the start.
  package var elapsed: Double {
    Double(kernel.now.nanoseconds - kernel.configuration.start.nanoseconds) / 1e9
  }

  /// Lets this much virtual time pass.
  package mutating func run(for duration: Duration) {
    run(until: Instant(nanoseconds: kernel.now.nanoseconds + duration.inNanoseconds))
  }

  /// Turns until that moment, and through everything that happens at it.
  package mutating func run(until time: Instant) {
    kernel.horizon = time
    while kernel.now < time || !kernel.isSettled {
      turn()
      if isSpinning() { break }
    }
    kernel.horizon = Instant(nanoseconds: .max)
  }

  package mutating func turn() {
    reactor.core.adoptThread()
    reactor.turn()
    reactor.core.leaveThread()
    reactor.table.checkInvariants()
    reactor.core.checkClientInvariants()
  }

  /// Has the core keep its handlers' tasks until `finish`, as one does that runs for good. Handlers then do
  /// not see the task locals of who drives the simulation.
  package func keepTasks() { reactor.core.exchanges.keepTasks() }

  /// Starts a task on the core, as a handler's would be.
  package func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    reactor.core.adoptThread()
    let task = Task.immediate(executorPreference: reactor.core.executor) { await body() }
    reactor.core.leaveThread()
    return task
  }

  /// Something is to be done before any time passes.
  var isBusy: Bool {
    !kernel.isSettled || reactor.core.hasWork || reactor.table.hasUnfinished || reactor.hasClientWork
  }

  /// When something happens by itself; nil if nothing ever does.
  var nextMoment: Instant? {
    mutating get {
      [kernel.nextEvent, reactor.table.nextDeadline(), reactor.core.executor.nextDeadline()].compactMap(
        \.self
      )
      .min()
    }
  }

  /// One turn, at whose beginning no more time passes than until `moment`.
  mutating func turn(until moment: Instant) {
    kernel.horizon = moment
    turn()
    kernel.horizon = Instant(nanoseconds: .max)
  }

  /// Tells the core to drain, as the signal thread does.
  package func drain() {
    mailbox.post(.drain)
    kernel.ringWake()
  }

  /// Tells the core to end at once.
  package func stop() {
    mailbox.post(.stop)
    kernel.ringWake()
  }

  /// Turns until the drained core has ended; false if it has not by then.
  package mutating func finish(within duration: Duration = .seconds(60)) -> Bool {
    let limit = kernel.now.nanoseconds + Tick.count(in: duration) * Tick.nanosecondsPerTick
    kernel.horizon = Instant(nanoseconds: limit)
    while !reactor.isFinished, kernel.now.nanoseconds < limit, !isSpinning() { turn() }
    kernel.horizon = Instant(nanoseconds: .max)
    guard reactor.isFinished else { return false }
    reactor.core.adoptThread()
    reactor.core.exchanges.endTasks()
    reactor.core.leaveThread()
    finishedAt = kernel.now
    leftEntries = !kernel.nothingIsEnqueued
    leftFileOperations = kernel.fileOperations
    kernel.endRing()
    // The world continues without the core: peers read the bytes that are on their way, and cancelled
    // operations complete.
    let end = Instant(nanoseconds: kernel.now.nanoseconds + 10_000_000_000)
    while kernel.now < end {
      reactor.driver.submitAndWait(until: end)
      while let completion = reactor.driver.reap() {
        if let buffer = completion.buffer { reactor.driver.recycle(buffer) }
        if completion.token.operation == .receive, !completion.hasMore { lateFarewells += 1 }
      }
    }
    return true
  }

  /// The faults after `finish`: in the kernel, and in the core.
  package mutating func audit() -> [String] {
    var findings: [String] = []
    if leftEntries { findings.append("the core ended with entries that it never submitted") }
    if leftFileOperations > 0 {
      findings.append("the core ended in the middle of \(leftFileOperations) reads or writes of files")
    }
    findings += kernel.audit()
    if reactor.table.openCount > 0 { findings.append("\(reactor.table.openCount) connections are open") }
    if reactor.table.heldBlocks > 0 {
      findings.append("\(reactor.table.heldBlocks) blocks were not released")
    }
    if reactor.table.heldIntakes > 0 {
      findings.append("\(reactor.table.heldIntakes) intakes were not freed")
    }
    if reactor.farewells.count != lateFarewells {
      findings.append("the core waits for \(reactor.farewells.count) cancelled receives of \(lateFarewells)")
    }
    if reactor.table.heldOutboxes > 0 {
      findings.append("\(reactor.table.heldOutboxes) outboxes were not freed")
    }
    if reactor.table.heldRepeatedAnswers > 0 {
      findings.append("\(reactor.table.heldRepeatedAnswers) repeated answers were not released")
    }
    if reactor.core.exchanges.heldCount > 0 {
      findings.append("\(reactor.core.exchanges.heldCount) exchanges are held")
    }
    if reactor.core.executor.sleeperCount > 0 {
      findings.append("\(reactor.core.executor.sleeperCount) sleeps have not ended")
    }
    if reactor.table.armedConnectionTimers > 0 {
      findings.append("\(reactor.table.armedConnectionTimers) timers of connections are armed")
    }
    findings += reactor.core.auditClient()
    findings += reactor.driver.audit()
    let counters = reactor.table.counters
    if counters.accepted != counters.closed {
      findings.append(
        "\(counters.accepted) connections were accepted, \(counters.closed) closed with a reason")
    }
    if counters.accepted != kernel.statistics.accepted {
      findings.append(
        "the kernel accepted \(kernel.statistics.accepted), the core counted \(counters.accepted)")
    }
    return findings
  }

  private mutating func isSpinning() -> Bool {
    timelessTurns = kernel.now == lastSeen ? timelessTurns + 1 : 0
    lastSeen = kernel.now
    guard timelessTurns > Self.timelessTurnLimit else { return false }
    kernel.complain("the core turns without end in one instant")
    return true
  }
}

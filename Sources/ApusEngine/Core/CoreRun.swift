// CoreRun: runs a core on its thread, from making its ring to its last turn. Servers and clients use it.

package import ApusRing

/// The outcome of a core's run.
package struct CoreOutcome: Sendable {
  package var counters = Counters()
  /// Connections were reset because they did not end in time.
  package var wasForced = false

  package init() {}
}

/// One core that is ready to be run.
package struct CoreRun {
  let core: Core
  let mailbox: Mailbox
  let board: CountersBoard?
  let makeTable: (Instant) -> ConnectionTable
  let makeContexts: () -> SecureContexts

  /// - Parameters:
  ///   - makeTable: Called once on the core's thread, with the ring's time.
  ///   - makeContexts: Called once on the core's thread.
  package init(
    _ core: Core, _ mailbox: Mailbox, _ board: CountersBoard? = nil,
    makeTable: @escaping (Instant) -> ConnectionTable,
    makeContexts: @escaping () -> SecureContexts = { SecureContexts() }
  ) {
    self.core = core
    self.mailbox = mailbox
    self.board = board
    self.makeTable = makeTable
    self.makeContexts = makeContexts
  }

  /// Serves on the calling thread until the core has been told to drain and its last connection is closed.
  /// Calls `didStart` when it serves. Once the ring is made, it owns the listeners.
  package func serve(
    _ configuration: KernelRing.Configuration, listeners: [Int32] = [], didStart: () -> Void
  ) throws(RingUnavailable) -> CoreOutcome {
    try withoutActuallyEscaping(didStart) { didStart throws(RingUnavailable) in
      try ChosenRing.run(
        Service(run: self, didStart: didStart), configuration, listeners: listeners, wakeUp: mailbox.wakeUp)
    }
  }

  private struct Service: RingUse {
    let run: CoreRun
    let didStart: () -> Void

    func run<Driver: RingDriver & ~Copyable>(on driver: consuming Driver) -> CoreOutcome {
      let table = run.makeTable(driver.now())
      var reactor = Reactor(
        driver: driver, secure: run.makeContexts(), core: run.core, table: table, mailbox: run.mailbox,
        board: run.board)
      didStart()
      reactor.run()
      var outcome = CoreOutcome()
      outcome.counters = reactor.table.counters
      outcome.wasForced = reactor.drainForced
      reactor.reportAtLast()
      return outcome
    }
  }
}

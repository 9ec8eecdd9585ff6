// ServerSignals: the signals of a server that runs, from before it starts until it has ended.

import ApusEngine
import ApusRing
import Logging

final class ServerSignals: Sendable {
  private let actions: [ProcessSignal: Server.SignalAction]
  private let log: AccessLogConfiguration?
  private let security: ServerSecurity?
  private let logger: Logger
  private let state = Lock(State())

  private struct State: Sendable {
    var running: RunningServer?
    /// Signals so far that told the server to end.
    var orders = 0
    /// One of them, or a later one, means to end at once.
    var isHurried = false
  }

  init(
    _ plan: Server.SignalPlan, _ log: AccessLogConfiguration?, _ security: ServerSecurity?, _ logger: Logger
  ) {
    self.log = log
    self.security = security
    self.logger = logger
    var actions: [ProcessSignal: Server.SignalAction] = [:]
    for signal in Server.Signal.allCases {
      let number = signal.processSignal
      actions[number] = plan.action(
        signal, hasLog: log?.path != nil || (security != nil && !StandardStream.inputIsTerminal),
        isIgnored: number.isIgnored,
        inputIsTerminal: StandardStream.inputIsTerminal)
    }
    if plan != .none { actions[.brokenPipe] = ProcessSignal.brokenPipe.isIgnored ? .leave : .ignore }
    self.actions = actions.filter { $0.value != .leave }
  }

  /// Takes the signals over while `body` runs.
  func whileTaken<Outcome>(_ body: () throws(ServerError) -> Outcome) throws(ServerError) -> Outcome {
    let taken = Signals(takingOver: Array(actions.keys)) { self.didCome($0) }
    defer { taken.giveBack() }
    return try body()
  }

  /// From here on the server is told, and of what came while it started at once.
  func serve(_ running: RunningServer) {
    let (isTold, isHurried) = state.withLock { state in
      state.running = running
      return (state.orders > 0, state.isHurried)
    }
    if isTold { running.drain() }
    if isHurried { running.stop() }
  }

  private func didCome(_ signal: ProcessSignal) {
    switch actions[signal] {
    case .drain: end(signal, atOnce: false)
    case .stop: end(signal, atOnce: true)
    case .reopenLog:
      if let log, log.path != nil { reopen(log) }
      security?.reload()
    case .ignore, .leave, nil: break
    }
  }

  private func end(_ signal: ProcessSignal, atOnce: Bool) {
    let (running, isHurried) = state.withLock { state in
      state.orders += 1
      state.isHurried = state.isHurried || atOnce || state.orders > 1
      return (state.running, state.isHurried)
    }
    guard let running else {
      // Nothing is under way that could be finished, and whatever holds the start up has had its time.
      if isHurried { signal.endProcess() }
      return
    }
    if isHurried { running.stop() } else { running.drain() }
  }

  private func reopen(_ log: AccessLogConfiguration) {
    do throws(AccessLogConfiguration.OpenError) {
      try log.reopen()
      logger.notice("the access log was opened anew")
    } catch {
      logger.warning("the access log cannot be opened anew, and lines go to the old file: \(error)")
    }
  }
}

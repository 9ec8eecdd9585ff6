// Server.SignalPlan: what a server that runs does at which signal.

import ApusRing

extension Server {
  /// A signal that a supervisor, a shell or a terminal sends (signal(7)).
  public enum Signal: Sendable, Hashable, CaseIterable {
    /// SIGHUP: the terminal is gone, or somebody asks for configuration or logs to be looked at anew.
    case hangUp
    /// SIGINT: Ctrl-C.
    case interrupt
    /// SIGQUIT: Ctrl-\, and how nginx is told to end without losing a request.
    case quit
    /// SIGUSR1: for nginx, to open logs anew.
    case user1
    /// SIGUSR2.
    case user2
    /// SIGTERM: kill(1), systemd, Docker and Kubernetes.
    case terminate
    /// SIGWINCH: a terminal's window has another size.
    case windowChange
  }

  /// A server's reaction to a signal.
  public enum SignalAction: Sendable, Hashable {
    /// The server drains, as by ``RunningServer/drain()``. The second signal of this kind stops it, and so
    /// does any that means ``stop``.
    case drain
    /// The server stops at once, as by ``RunningServer/stop()``.
    case stop
    /// An access log that was opened by its path is opened anew, and certificates are read anew. Without
    /// either nothing is done; the hang-up of the terminal that is standard input drains a server without
    /// such a log.
    case reopenLog
    /// Nothing is done.
    case ignore
    /// The signal is not taken over: the process does what it would do without the server.
    case leave
  }

  /// The action of ``Server/run(signals:whenListening:)`` for each signal.
  ///
  /// ```swift
  /// var signals = Server.SignalPlan.standard
  /// signals[.hangUp] = .drain
  /// let summary = try Server(router).run(signals: signals)
  /// ```
  ///
  /// A signal that the process ignores when the server starts, as nohup(1) and a shell's `&` have it, never
  /// ends the server: it stays ignored unless it means ``SignalAction/reopenLog``.
  public struct SignalPlan: Sendable, Hashable {
    private var actions: [Signal: SignalAction]

    /// SIGTERM, SIGINT and SIGQUIT drain; SIGHUP and SIGUSR1 open the access log and read certificates anew;
    /// SIGUSR2 and SIGWINCH are ignored, and so is SIGPIPE.
    public static let standard = SignalPlan(actions: [
      .terminate: .drain, .interrupt: .drain, .quit: .drain, .hangUp: .reopenLog, .user1: .reopenLog,
      .user2: .ignore, .windowChange: .ignore,
    ])

    /// No signal is taken over, SIGPIPE included: the program does that itself.
    public static let none = SignalPlan(actions: [:])

    /// The action at a signal.
    public subscript(signal: Signal) -> SignalAction {
      get { actions[signal] ?? .leave }
      set { actions[signal] = newValue }
    }

    /// The action at a signal of a server that starts now; never `reopenLog` without a log.
    package func action(
      _ signal: Signal, hasLog: Bool, isIgnored: Bool, inputIsTerminal: Bool
    ) -> SignalAction {
      switch self[signal] {
      case .reopenLog where hasLog: .reopenLog
      case .reopenLog where isIgnored: .leave
      case .reopenLog: signal == .hangUp && inputIsTerminal ? .drain : .ignore
      case .drain, .stop: isIgnored ? .leave : self[signal]
      case .ignore, .leave: isIgnored ? .leave : self[signal]
      }
    }
  }
}

extension Server.Signal {
  var processSignal: ProcessSignal {
    switch self {
    case .hangUp: .hangUp
    case .interrupt: .interrupt
    case .quit: .quit
    case .user1: .user1
    case .user2: .user2
    case .terminate: .terminate
    case .windowChange: .windowChange
    }
  }
}

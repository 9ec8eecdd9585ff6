import Apus
import ApusRing
import Glibc
import Testing

/// Servers of this process that run. SIGWINCH: by default nothing happens at it, and no other test sends it.
@Suite(.serialized, .timeLimit(.minutes(10))) struct RunningSignalTests {
  private func configuration() -> Server.Configuration {
    var configuration = Server.Configuration(listen: [.tcp("127.0.0.1", 0)])
    configuration.cores = .count(1)
    return configuration
  }

  private func plan(_ action: Server.SignalAction) -> Server.SignalPlan {
    var plan = Server.SignalPlan.none
    plan[.windowChange] = action
    return plan
  }

  @Test(arguments: [Server.SignalAction.drain, .stop])
  func `a signal that comes while a server starts counts as soon as it listens`(
    action: Server.SignalAction
  ) throws {
    var isServing = false
    let summary = try Server(testRoutes(), configuration: configuration()).run(signals: plan(action)) { _ in
      isServing = true
      kill(getpid(), SIGWINCH)
    }
    #expect(isServing && summary.requests == 0)
  }

  @Test func `each of several servers is told`() throws {
    let bells = [WakeUp(), WakeUp()]
    let crowd = Crowd(2) { number in
      // A server that cannot start must not be waited for.
      defer { bells[number].ring() }
      _ = try Server(testRoutes(), configuration: configuration()).run(signals: plan(.drain)) { _ in
        bells[number].ring()
      }
    }
    for bell in bells { bell.wait() }
    kill(getpid(), SIGWINCH)
    try crowd.join()
  }

  @Test func `a signal that is left alone ends nothing`() throws {
    _ = try Server(testRoutes(), configuration: configuration()).run(signals: plan(.leave)) { server in
      kill(getpid(), SIGWINCH)
      let answer = try? WireClient(port: server.port).get("/")
      #expect(answer?.text == "OK")
      server.drain()
    }
  }
}

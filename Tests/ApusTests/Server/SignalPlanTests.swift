import Apus
import Testing

@Suite struct SignalPlanTests {
  private func action(
    _ signal: Server.Signal, _ plan: Server.SignalPlan = .standard, hasLog: Bool = false,
    isIgnored: Bool = false,
    inputIsTerminal: Bool = false
  ) -> Server.SignalAction {
    plan.action(signal, hasLog: hasLog, isIgnored: isIgnored, inputIsTerminal: inputIsTerminal)
  }

  @Test func `a signal that ends a server stays ignored if it was ignored`() {
    for signal in [Server.Signal.terminate, .interrupt, .quit] {
      #expect(action(signal) == .drain)
      #expect(action(signal, hasLog: true, inputIsTerminal: true) == .drain)
      #expect(action(signal, isIgnored: true) == .leave)
    }
  }

  @Test func `a log is opened anew even where the signal was ignored`() {
    for signal in [Server.Signal.hangUp, .user1] {
      #expect(action(signal, hasLog: true) == .reopenLog)
      #expect(action(signal, hasLog: true, isIgnored: true, inputIsTerminal: true) == .reopenLog)
      #expect(action(signal, isIgnored: true, inputIsTerminal: true) == .leave)
      #expect(action(signal) == .ignore)
    }
  }

  @Test func `only the hang-up of a terminal ends a server without a log`() {
    #expect(action(.hangUp, inputIsTerminal: true) == .drain)
    #expect(action(.user1, inputIsTerminal: true) == .ignore)
  }

  @Test func `a plan has the action that was set for each signal`() {
    #expect(Server.Signal.allCases.allSatisfy { action($0, .none) == .leave })
    var plan = Server.SignalPlan.standard
    plan[.user2] = .stop
    plan[.terminate] = .leave
    #expect(action(.user2, plan) == .stop && action(.terminate, plan) == .leave)
    #expect(action(.interrupt, plan) == .drain && action(.windowChange, plan) == .ignore)
  }
}

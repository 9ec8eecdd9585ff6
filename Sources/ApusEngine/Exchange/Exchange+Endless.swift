// Responses that have no end of their own, such as event streams: what ends them, and how.

extension Exchange {
  /// Whether a response has an end of its own, and what else ends it.
  package enum Endless: Sendable {
    case no
    /// It ends with its client's half of the connection.
    case untilFinished
    /// It ends as `untilFinished`, or when the core drains.
    case untilDrained
    /// It comes from an upstream server, and only that server's end makes it complete: it is cut where its
    /// client's half of the connection ends.
    case relayed
  }

  /// The response that has begun has no end of its own. If the core drains already, it ends now.
  package func beginEndless(endsAtDrain: Bool) {
    endless = endsAtDrain ? .untilDrained : .untilFinished
    if endsAtDrain, isDraining { endAnswer() }
  }

  /// As `beginEndless`, for a response of an upstream server.
  func beginEndlessRelay() { endless = .relayed }

  /// The core was told to end.
  package var isDraining: Bool { pool.drain.isDraining }

  /// The core was told to end.
  func didBeginDrain() {
    switch endless {
    case .no, .untilFinished: break
    case .untilDrained: endAnswer()
    case .relayed: listRelay()
    }
  }

  /// The client sends no more: no client half-closes to wait for more of an endless response.
  func didLoseInput() {
    switch endless {
    case .no: break
    case .untilFinished, .untilDrained: endAnswer()
    case .relayed: leaveServer()
    }
  }

  /// The relay asks the upstream server for no more. The response is not complete: it ends as an aborted one.
  private func leaveServer() {
    guard outflow.state == .streaming, !outflow.wasEnded else { return }
    outflow.wasEnded = true
    listRelay()
  }

  /// The client's half of a relayed response has ended, and the response has not.
  var isCutRelay: Bool { endless == .relayed && outflow.wasEnded && outflow.state == .streaming }

  /// Lists the relay, so that it checks the exchange.
  private func listRelay() {
    // A copy, because the relay must be resumed again later.
    var waiter = relay
    waiter.resume()
  }

  /// Ends a response without an end of its own as a complete one; its task is cancelled.
  private func endAnswer() {
    guard outflow.state == .streaming, outflow.announced == nil else { return }
    outflow.state = .finished
    outflow.wasEnded = true
    outflow.resume()
    pool.list(self)
    cancelTask()
  }
}

// Answers that have no end of their own, such as streams of events: what ends them, and how.

extension Exchange {
  /// Whether an answer has an end of its own.
  package enum Endless: Sendable {
    case no
    /// It ends with its client's half of the connection.
    case untilFinished
    /// And when the core drains.
    case untilDrained
    /// A server's behind, whose end alone makes it whole: it is cut where its client's
    /// half of the connection ends.
    case relayed
  }

  /// The answer that has begun has no end of its own. Where the core drains already, this is it.
  package func beginEndless(endsAtDrain: Bool) {
    endless = endsAtDrain ? .untilDrained : .untilFinished
    if endsAtDrain, isDraining { endAnswer() }
  }

  /// The same for one that is another server's.
  func beginEndlessRelay() { endless = .relayed }

  /// Whether the core is to end.
  package var isDraining: Bool { pool.drain.isDraining }

  /// The core is to end.
  func didBeginDrain() {
    switch endless {
    case .no, .untilFinished: break
    case .untilDrained: endAnswer()
    case .relayed: listRelay()
    }
  }

  /// The client sends no more: nobody half-closes to wait for more of what has no end.
  func didLoseInput() {
    switch endless {
    case .no: break
    case .untilFinished, .untilDrained: endAnswer()
    case .relayed: leaveServer()
    }
  }

  /// Its relay asks the server behind for no more. The answer is not whole: it ends as one that is given up.
  private func leaveServer() {
    guard outflow.state == .streaming, !outflow.wasEnded else { return }
    outflow.wasEnded = true
    listRelay()
  }

  /// The client's part in a relayed answer is over, and the answer is not.
  var isCutRelay: Bool { endless == .relayed && outflow.wasEnded && outflow.state == .streaming }

  /// Has its relay look.
  private func listRelay() {
    // A copy: the relay is to hear of more than this.
    var waiter = relay
    waiter.resume()
  }

  /// An answer without an end of its own ends here, as a whole one; its task is cancelled.
  private func endAnswer() {
    guard outflow.state == .streaming, outflow.announced == nil else { return }
    outflow.state = .finished
    outflow.wasEnded = true
    outflow.resume()
    pool.list(self)
    cancelTask()
  }
}

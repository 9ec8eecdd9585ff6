// ChainFlags: what is in flight on a connection that a core opens itself, and how that is cancelled.
// Connect, send and receive may be one chain: who is cancelled takes along what is linked behind it, and
// what is still to begin is not found.

/// A part of the chain.
enum ChainPart { case connect, send, receive }

/// The flags of those parts, among a connection's others.
protocol ChainFlags: OptionSet {
  // In flight.
  static var connecting: Self { get }
  static var sending: Self { get }
  static var receiving: Self { get }
  // A cancel of it is under way.
  static var cancelledConnect: Self { get }
  static var cancelledSend: Self { get }
  static var cancelledReceive: Self { get }
  /// The connect was not found: it is done, and the send behind it under way, or still to begin.
  /// They are cancelled by turns.
  static var missedConnect: Self { get }
}

extension ChainFlags where Element == Self, ArrayLiteralElement == Self {
  static var cancelled: Self { [.cancelledConnect, .cancelledSend, .cancelledReceive] }

  /// What to cancel next, so that nothing is in flight; nil if the rest is only to be waited for. What it
  /// says counts as under way.
  mutating func nextToCancel() -> ChainPart? {
    if contains(.connecting) { return insert(.cancelledConnect).inserted ? .connect : nil }
    if contains(.sending), insert(.cancelledSend).inserted { return .send }
    // Behind a send that may be linked to the connect still, so is the receive.
    let isLinked = contains([.missedConnect, .sending])
    if contains(.receiving), !isLinked, insert(.cancelledReceive).inserted { return .receive }
    return nil
  }

  /// A cancel came to nothing: what it was for has completed by now, or is about to, or was not to be found
  /// for a moment. What is still in flight is to be cancelled again.
  mutating func didNotCancel() {
    if contains([.connecting, .cancelledConnect, .sending]) {
      remove(.connecting)
      insert(.missedConnect)
    } else if contains([.missedConnect, .sending]) {
      remove(.missedConnect)
      insert(.connecting)
    }
    subtract(.cancelled)
  }
}

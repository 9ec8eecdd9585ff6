// ChainFlags: the operations in flight on a connection that a core opens itself, and how they are cancelled.
// Connect, send and receive may be one linked chain: cancelling one of them cancels those linked behind it,
// and a cancel does not find an operation that has not started.

/// A part of the chain.
enum ChainPart { case connect, send, receive }

/// The flags of those operations, among a connection's others.
protocol ChainFlags: OptionSet {
  // The operation is in flight.
  static var connecting: Self { get }
  static var sending: Self { get }
  static var receiving: Self { get }
  // A cancel of the operation is in flight.
  static var cancelledConnect: Self { get }
  static var cancelledSend: Self { get }
  static var cancelledReceive: Self { get }
  /// A cancel did not find the connect: it has completed, and the send behind it is in flight or has not
  /// started yet. The two are cancelled alternately.
  static var missedConnect: Self { get }
}

extension ChainFlags where Element == Self, ArrayLiteralElement == Self {
  static var cancelled: Self { [.cancelledConnect, .cancelledSend, .cancelledReceive] }

  /// The next operation to cancel until nothing is in flight; nil if the rest only needs waiting for. The
  /// cancel of the returned operation counts as in flight.
  mutating func nextToCancel() -> ChainPart? {
    if contains(.connecting) { return insert(.cancelledConnect).inserted ? .connect : nil }
    if contains(.sending), insert(.cancelledSend).inserted { return .send }
    // A send that may still be linked to the connect has the receive linked behind it.
    let isLinked = contains([.missedConnect, .sending])
    if contains(.receiving), !isLinked, insert(.cancelledReceive).inserted { return .receive }
    return nil
  }

  /// A cancel failed: its operation has completed, is about to complete, or could not be found for a moment.
  /// Whatever is still in flight must be cancelled again.
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
